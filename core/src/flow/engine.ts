import type { Clock, Hasher, Log, Machine, Random } from '../contract/services.js';
import type { SnapshotProvider } from '../contract/snapshot.js';
import type { Disks } from '../contract/source.js';
import type { Damage } from '../model/damage.js';
import type { Finding } from '../model/finding.js';
import type { BackupPlan } from '../model/plan.js';

/** All of the outside that the flows get. */
export interface EngineServices {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly hasher: Hasher;
  readonly machine: Machine;
  readonly disks: Disks;
  /** Ways to read volumes that are in use; none without it. */
  readonly snapshots?: readonly SnapshotProvider[];
}

export type Phase = 'read' | 'check' | 'restore' | 'verify' | 'export' | 'compact';

/** What a long flow tells while it goes on. Progress, logs and `--json` are all fed by these. */
export type EngineEvent =
  | { readonly event: 'plan'; readonly plan: BackupPlan }
  | { readonly event: 'finding'; readonly finding: Finding }
  | { readonly event: 'recovered'; readonly run: string }
  /** A first backup that was cut is gone on with. */
  | { readonly event: 'resumed'; readonly run: string }
  | { readonly event: 'phase'; readonly phase: Phase; readonly disk?: number; readonly total: number }
  /** `done` of the phase's `total`, bytes. */
  | {
      readonly event: 'progress';
      readonly phase: Phase;
      readonly disk?: number;
      readonly done: number;
      readonly total: number;
    }
  | { readonly event: 'damage'; readonly damage: Damage }
  | { readonly event: 'unreadable'; readonly disk: number; readonly start: number; readonly end: number };

export type Report = (event: EngineEvent) => void;
