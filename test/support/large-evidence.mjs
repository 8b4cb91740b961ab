// A process of its own that collects something large, so that its memory can be measured: see large-evidence.ts.
import { register } from 'node:module';

register('./typescript-hooks.mjs', import.meta.url);
await import('./large-evidence.ts');
