import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { PACKAGE_ROOT } from './package-root.ts';

const manifest = z.object({ version: z.string() });

/** This package's version: evidence and timeline say which program wrote them. */
export const VERSION = manifest.parse(
  JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')),
).version;
