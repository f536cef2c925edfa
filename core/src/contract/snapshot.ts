import type { SourceMount } from './source.js';

/** The `operation` of errors that say that a volume cannot be read as it was at one instant. */
export const snapshotOperation = 'take snapshots';

/** A volume of a run that somebody may write to: the whole of a partition, and all that is mounted of it. */
export interface MountedVolume {
  /** Path of its disk. */
  readonly disk: string;
  /** Bytes from the start of the disk. */
  readonly start: number;
  readonly size: number;
  readonly mounts: readonly SourceMount[];
}

/** What a provider can do for a volume, or why it can do nothing. */
export type SnapshotOffer =
  | {
      /** `frozen`: the file systems are put away as if they were unmounted. `crash`: as after a power cut. */
      readonly consistency: 'frozen' | 'crash';
      /** In a few words: `frozen while it is read`. */
      readonly how: string;
    }
  | { readonly whyNot: string };

export interface SnapshotOptions {
  /** File systems that must stay writable, because the backup is written there; see `SourceMount`. */
  readonly needed: ReadonlySet<string>;
  /** Milliseconds for which whoever writes to a volume may be held up. */
  readonly limit: number;
  readonly signal?: AbortSignal | undefined;
}

/** Bytes of a disk that are read elsewhere. */
export interface SnapshotPiece {
  /** Path of the disk. */
  readonly disk: string;
  /** Bytes from the start of the disk, `[start, end)`. */
  readonly start: number;
  readonly end: number;
  /** Fills all of `into` with what was at `offset` of the disk; all of that lies inside the piece. */
  read(offset: number, into: Uint8Array): Promise<void>;
}

/** Volumes to which nobody writes now. */
export interface HeldVolumes {
  /**
   * Called once, when all volumes of a run are held: the snapshots are of that instant, for it ends when the first call resolves. What is
   * in none of the pieces is read from the disk itself.
   */
  take(): Promise<readonly SnapshotPiece[]>;
  /** Throws `busy`, with `snapshotOperation`, when what is read is not that of the instant any more. */
  assertIntact(): void;
  /** Lets writers go on, and removes the snapshots. May be called again, and at any time. */
  release(): Promise<void>;
}

/**
 * A way to read volumes that are in use as they were at one instant. What a provider changes on the machine must not outlive this
 * process: a file system is let go when the process ends, however it ends, and what stays of a killed one `tidy` removes.
 */
export interface SnapshotProvider {
  /** One word, for `--snapshot`. */
  readonly name: string;
  /** Removes what killed processes left on the machine; called before anything else of a backup, and not for a plan. */
  tidy(): Promise<void>;
  /** Changes nothing. */
  offer(volume: MountedVolume, options: SnapshotOptions): Promise<SnapshotOffer>;
  /** Holds up writers of volumes for which it made an offer. Rejects with nothing held. */
  hold(volumes: readonly MountedVolume[], options: SnapshotOptions): Promise<HeldVolumes>;
}
