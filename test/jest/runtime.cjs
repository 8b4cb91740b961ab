// Jest's runtime without a realm for each file: sources and tests are Node's own modules, loaded once for
// all the files that a worker runs. In a realm of its own each file that starts an engine paid eight seconds
// of CPU before its first assertion (modules, Cedar, PGlite, code that is not compiled yet). The price is
// that a test must leave what is global as it found it.
const { pathToFileURL } = require('node:url');
const { default: Runtime } = require('jest-runtime');

let globals;
let runs = 0;

class SharedRuntime extends Runtime {
  setGlobalsForRuntime(runtimeGlobals) {
    globals = runtimeGlobals;
  }

  requireInternalModule(path) {
    // It would look for a map of each source of a stack; types are blanked out, so there is none to find.
    if (path.includes('source-map-support')) return { install: () => undefined };
    // jest-circus keeps the tests of a file in its module: a new one for each file.
    delete require.cache[path];
    return require(path);
  }

  unstable_shouldLoadAsEsm() {
    return true;
  }

  // By a name of its own, since a watched file that is run again must be evaluated again.
  unstable_importModule(path) {
    return import(`${pathToFileURL(path).href}?run=${runs++}`);
  }
}

module.exports = SharedRuntime;
module.exports.globals = () => globals;
