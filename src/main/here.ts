import type { Config } from '../config.ts';
import { folderHolder } from '../store/folder-lock.ts';
import { openApi } from './open.ts';
import type { ServeOptions, Serving } from './serve.ts';
import { startServing } from './serve.ts';

/**
 * Starts an engine in this process for as long as one command needs it, where none performs; `undefined` where one
 * does. It only works: it takes no alerts in and speaks to nobody, and what it leaves the next engine goes on with.
 */
export async function engineHere(
  config: Config,
  options: Omit<ServeOptions, 'roles'>,
): Promise<Serving | undefined> {
  if (await performedElsewhere(config, options)) return undefined;
  return startServing(config, { ...options, roles: new Set(['worker']) });
}

async function performedElsewhere(config: Config, options: Omit<ServeOptions, 'roles'>): Promise<boolean> {
  // Without a server whoever performs holds the folder, so it need not be opened to know.
  if (config.databaseUrl === undefined) return (await folderHolder(config.dataDir))?.kind === 'serve';
  const { api, close } = await openApi(config, options);
  try {
    return (await api.status()).performing;
  } finally {
    await close();
  }
}
