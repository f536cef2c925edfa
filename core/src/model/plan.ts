import type { Capabilities, PhysicalDisk, TargetTraits } from '../contract/target.js';
import type { DiskLayout } from './disk-layout.js';

/** How versions will lie on the target. */
export type Strategy =
  | { readonly kind: 'in-place' }
  | { readonly kind: 'sequential' }
  /** Nothing fits; `why` and `remedies` are for the user. */
  | { readonly kind: 'impossible'; readonly why: string; readonly remedies: readonly string[] };

/** What becomes of the versions that are there. */
export type Replacement =
  /** They stay. */
  | 'keep'
  /** The new one is complete before the old one goes. */
  | 'beside'
  /** Single version without room for two: the old one lives in the layer until the new one is complete. */
  | 'swap';

export interface PlannedDisk {
  readonly index: number;
  readonly path: string;
  /** Folder of the disk on the target: identity of the disk, never its index. */
  readonly key: string;
  readonly layout: DiskLayout;
  readonly physicalDisks: readonly PhysicalDisk[] | undefined;
  readonly physicalDisksUnknown: string | undefined;
  /** Bytes that will be read. */
  readonly bytesToRead: number;
  /**
   * Estimate of the room that this disk takes in this run, bytes: all that is allocated for a first image, and what is newly
   * allocated for a later one. What merely changes is known only when it was read.
   */
  readonly bytesNeeded: number;
  /** The size of an image of all that is allocated, bytes. */
  readonly imageBytes: number;
  /** The newest version that holds this disk, also under another table; `undefined` when none does. */
  readonly before:
    | {
        /** ISO 8601. */
        readonly createdAt: string;
        /** In what the layout is another now, in words. */
        readonly differences: readonly string[];
        /** Bytes that could not be read then. */
        readonly unreadableBytes: number;
        /** Those that it recorded on this disk. */
        readonly systems: readonly Pick<InstalledSystemFacts, 'family' | 'name'>[];
        /** Whole days since the newest version of it with nothing doubtful was taken; `undefined` without one. */
        readonly goodDaysAgo: number | undefined;
      }
    | undefined;
  /** The image that is there takes the changes. */
  readonly incremental: boolean;
}

/** An operating system on the disks of a run. */
export interface InstalledSystemFacts {
  readonly family: 'windows' | 'linux';
  readonly name: string;
  readonly version: string | undefined;
  /** Of Windows: grows with every one that came out. */
  readonly build: number | undefined;
  /** The volumes without which it does not start and run, its own first: `boot`, unless none of the volumes is known to be its own. */
  readonly needs: readonly {
    readonly disk: number;
    readonly partition: number;
    /** `system` starts the machine, `boot` holds the system itself. */
    readonly role: 'system' | 'boot' | 'recovery' | 'part';
    /** Its content is part of this run. */
    readonly taken: boolean;
  }[];
  /** False: what starts it, or a volume that it says it needs, lies on none of the disks of this run, or cannot be read. */
  readonly startKnown: boolean;
}

/** Everything that was decided before a byte moves: printed, judged by policies, and followed. Plain data. */
export interface BackupPlan {
  readonly computer: string;
  readonly target: {
    readonly traits: TargetTraits;
    readonly capabilities: Capabilities;
    /** Bytes; `undefined` when the target does not tell. */
    readonly free: number | undefined;
    readonly total: number | undefined;
    /** Complete versions that are there for this computer. */
    readonly versions: number;
    /** Runs that were cut, or are going on. */
    readonly openRuns: number;
    /** Of the newest version, good or not; `undefined` without one. */
    readonly newest:
      | {
          /** Whole days since it was taken. */
          readonly daysAgo: number;
          /** By how much one of them was taken later than now, as this machine tells the time. */
          readonly secondsAhead: number;
        }
      | undefined;
    /** When one of them was last read back, as far as is known; days are whole. */
    readonly verified: {
      /** Since a version was found whole; `undefined` when nobody knows of it. */
      readonly daysAgo: number | undefined;
      /** Since the oldest version was taken; 0 without one. */
      readonly daysOfOldest: number;
      /** How many days there may be between two verifications. */
      readonly within: number;
    };
    /** Where there is no version of this computer: other names under which this very machine has some. */
    readonly earlierNames: readonly string[];
  };
  readonly disks: readonly PlannedDisk[];
  readonly systems: readonly InstalledSystemFacts[];
  /** Volumes that may hold more of them, into which nobody could look; `why` in words. */
  readonly unread: readonly { readonly disk: number; readonly partition: number; readonly why: string }[];
  readonly strategy: Strategy;
  readonly replacement: Replacement;
  /** Sum over the disks, bytes. */
  readonly bytesNeeded: number;
  readonly allowLive: boolean;
  /** A system may be taken without volumes that it needs. */
  readonly allowIncomplete: boolean;
  /** Who watches over the job that this run is; `undefined` when it is none, and somebody started it by hand. */
  readonly watch: JobWatch | undefined;
}

export interface JobWatch {
  /** Somebody is told of a failure. */
  readonly tellsOfFailure: boolean;
  /** Days, with fractions, after which the newest good version is too old; `undefined` when nobody said. */
  readonly maxAgeDays: number | undefined;
}
