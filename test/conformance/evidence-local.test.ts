import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeDisk } from '../../src/evidence/disk.ts';
import { describeEvidenceStore } from '../support/conformance/evidence-store.ts';

describeEvidenceStore('a local folder', async () => {
  const root = await mkdtemp(join(tmpdir(), 'cordon-evidence-'));
  return {
    disk: nodeDisk,
    folder: join(root, 'evidence'),
    keysFolder: join(root, 'keys'),
    close: () => rm(root, { recursive: true, force: true }),
  };
});
