// For `node --import`: from here on this process, and every one that Jest forks from it, imports TypeScript
// and the globals of our own runtime.
import { register } from 'node:module';

register('../support/typescript-hooks.mjs', import.meta.url);
register('./hooks.mjs', import.meta.url);
