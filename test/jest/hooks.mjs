// `@jest/globals` as the file under test must see it; see globals.mjs.
const globals = new URL('./globals.mjs', import.meta.url).href;

export function resolve(specifier, context, nextResolve) {
  if (specifier === '@jest/globals') return { url: globals, format: 'module', shortCircuit: true };
  return nextResolve(specifier, context);
}
