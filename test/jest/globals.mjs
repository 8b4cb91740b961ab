// What `@jest/globals` is to the tests. What defines tests is always that of the file being run: a module of
// test/support is loaded once and then used by every file of its process.
import runtime from './runtime.cjs';

const forward = (name) =>
  new Proxy(() => undefined, {
    apply: (_, self, args) => Reflect.apply(runtime.globals()[name], self, args),
    get: (_, key) => runtime.globals()[name][key],
  });

export const afterAll = forward('afterAll');
export const afterEach = forward('afterEach');
export const beforeAll = forward('beforeAll');
export const beforeEach = forward('beforeEach');
export const describe = forward('describe');
export const test = forward('test');

// One for the whole process, and itself: a frame of a proxy would stand over the line that failed.
export const { expect } = runtime.globals();
