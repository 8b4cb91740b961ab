import type { Clock } from '../../clock.ts';
import type { Config } from '../../config.ts';
import type { Enrolment } from '../../enrolment/enrolment.ts';
import type { FolderHolder } from '../../store/folder-lock.ts';

/** What every part of the examination knows. */
export interface Patient {
  readonly config: Config;
  readonly clock: Clock;
  /** Who holds the embedded folder; `undefined` when nobody does, and with a server. */
  readonly holder: FolderHolder | undefined;
  /** `null` when the enrolment file does not load. */
  readonly enrolment: Enrolment | null;
}
