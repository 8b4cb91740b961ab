#!/usr/bin/env node
import '../guardrail/wasm-flags.ts'; // before anything loads Cedar: see that file
import { systemClock } from '../clock.ts';
import { randomIds } from '../id.ts';
import { processIo, quietWarnings } from './process-io.ts';
import { runCli } from './program.ts';

quietWarnings();
const io = processIo();
process.exitCode = await runCli(process.argv.slice(2), { io, clock: systemClock, ids: randomIds });
