import type { Held, Target } from '../contract/target.js';
import type { Catalog } from '../image/catalog.js';
import type { Finding } from '../model/finding.js';
import type { DiskRecord, VersionRecord } from '../model/version-record.js';
import type { PreparedBackup } from '../plan/assemble-plan.js';
import type { EngineServices, Report } from './engine.js';
import type { InspectedDisk } from './inspect-disk.js';

/** What one run works with, once everything is decided. */
export interface RunContext {
  readonly target: Target;
  readonly catalog: Catalog;
  readonly run: string;
  readonly startedAt: string;
  readonly inspected: readonly InspectedDisk[];
  readonly prepared: PreparedBackup;
  readonly held: Held | undefined;
  readonly services: EngineServices;
  readonly report: Report;
  readonly signal: AbortSignal | undefined;
  /** Images are read and compared with their maps before they are believed. */
  readonly checkImages: boolean;
  /** Rejects when a volume of which only blocks in use are taken is not as it was inspected. */
  readonly assertStill: () => Promise<void>;
  /** Makes the commit record of the run. */
  readonly record: (disks: readonly DiskRecord[], extra: readonly Finding[]) => VersionRecord;
}

/** After the commit: a mark that stays is known to be a leftover, because the record is there. */
export async function removeMark({ target, catalog, run, held, services }: RunContext): Promise<void> {
  try {
    held?.assertHeld();
    await target.remove(catalog.names.run(run));
  } catch (error) {
    services.log.write('mark-not-removed', { run, error: String(error) });
  }
}
