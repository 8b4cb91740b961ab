// The environment of that runtime: this process itself.
const { ModuleMocker } = require('jest-mock');

module.exports = class SharedEnvironment {
  global = globalThis;
  moduleMocker = new ModuleMocker(globalThis);
  fakeTimers = null;
  fakeTimersModern = null;
  #exit = process.exit;

  async setup() {}

  async teardown() {
    // Jest wraps it for each file, and would wrap the wrapped.
    process.exit = this.#exit;
  }

  getVmContext() {
    return null;
  }

  exportConditions() {
    return ['node', 'node-addons'];
  }
};
