import v8 from 'node:v8';

/**
 * Keeps V8 from inlining calls of WebAssembly into JavaScript. On Node 20 and 22 it aborts the whole
 * process with "unreachable code" when the calling function is deoptimised while such an inlined call
 * is on the stack, which the garbage collector does in a hot loop of guardrail decisions: a loop of
 * 30,000 decisions died within 2 seconds in 10 runs of 10, and in none with this flag, at no
 * measurable cost. Node 24 does not die and no longer needs it.
 *
 * V8 reads the flag when it optimises a caller, so this module must be evaluated before the first
 * call: it is the first import of `main.ts` and, for everything that does not start there, the first
 * import of `cedar.ts`. A side effect at import is the point here; nothing else can come early enough.
 */
const major = Number(process.versions.node.split('.')[0]);

if (major < 24) v8.setFlagsFromString('--no-turbo-inline-js-wasm-calls');
