import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Finding } from './finding.ts';
import { fail, off, ok, warn } from './finding.ts';
import type { Patient } from './patient.ts';

/** The data folder: whether it can be used, by whom, and who uses it now. */
export async function folderFindings({ config, holder }: Patient): Promise<readonly Finding[]> {
  return [await folder(config.dataDir), lock(config.databaseUrl, holder)];
}

async function folder(path: string): Promise<Finding> {
  const name = 'data folder';
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) {
    return (await writable(await nearest(path)))
      ? ok(name, `${path} is made at the first start`)
      : fail(name, `${path} cannot be made`, 'choose a CORDON_DATA_DIR that this user may write to');
  }
  if (!found.isDirectory()) {
    return fail(name, `${path} is no folder`, 'choose another CORDON_DATA_DIR, or move that file away');
  }
  if (!(await writable(path))) {
    return fail(
      name,
      `${path} cannot be written to`,
      'give it to this user, or choose another CORDON_DATA_DIR',
    );
  }
  const open = (found.mode & 0o077) !== 0;
  return open
    ? warn(name, `${path} is open to other users of this machine`, `chmod 700 ${path}`)
    : ok(name, `${path}, for this user only`);
}

function lock(databaseUrl: string | undefined, holder: Patient['holder']): Finding {
  const name = 'folder lock';
  if (databaseUrl !== undefined) return off(name, 'not used: the record is on a server');
  if (holder === undefined) return ok(name, 'free; no engine runs on this folder');
  return ok(name, `held by process ${holder.pid} (${holder.kind})`);
}

async function writable(path: string): Promise<boolean> {
  return access(path, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function nearest(path: string): Promise<string> {
  const parent = dirname(path);
  const exists = await stat(parent).then(
    () => true,
    () => false,
  );
  return exists || parent === path ? parent : nearest(parent);
}
