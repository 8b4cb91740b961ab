import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { EngineApi } from '../console/api.ts';
import type { Ids } from '../id.ts';
import type { Log } from '../log.ts';
import { folderHolder } from '../store/folder-lock.ts';
import { opening } from './closing.ts';

/** The engine as one command sees it. */
export interface OpenedApi {
  readonly api: EngineApi;
  close(): Promise<void>;
}

/**
 * Opens the way to the engine for one command: through the socket of the process that holds the embedded
 * folder, on the database server, or by taking the folder for a moment.
 */
export async function openApi(
  config: Config,
  options: { readonly clock: Clock; readonly ids: Ids; readonly log: Log },
): Promise<OpenedApi> {
  if (config.databaseUrl === undefined) {
    const holder = await folderHolder(config.dataDir);
    if (holder?.kind === 'serve') {
      const { createClient } = await import('../console/client.ts');
      return { api: createClient(holder.socket), close: async () => {} };
    }
  }
  const { openCommandApi } = await import('./command-api.ts');
  return opening(async (closing) => ({
    api: await openCommandApi(config, { ...options, closing }),
    close: () => closing.close(),
  }));
}
