// The program of an engine in a process of its own, run from the source: see engine-process.ts.
import { register } from 'node:module';

register('./typescript-hooks.mjs', import.meta.url);
await import('./engine-process.ts');
