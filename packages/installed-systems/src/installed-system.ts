/**
 * What a volume is for: `system` starts the machine (boot manager, EFI system partition, /boot), `boot` holds the system itself,
 * `recovery` its recovery environment, `part` more of the system, such as /usr. These are Microsoft's words.
 */
export type Role = 'system' | 'boot' | 'recovery' | 'part';

/** A volume without which a system does not start and run. */
export interface Need {
  /** Which of the disks. */
  readonly disk: number;
  /** Index of its partition, 0 for the whole disk. */
  readonly partition: number;
  readonly role: Role;
}

export interface InstalledSystem {
  readonly family: 'windows' | 'linux';
  /** `Windows 10 Pro`, `Debian GNU/Linux 12 (bookworm)`. */
  readonly name: string;
  readonly version: string | undefined;
  /** Of Windows: grows with every one that came out. */
  readonly build: number | undefined;
  /** Its own volume first; of a Linux whose `/` is missing, the one with its kernel. */
  readonly needs: readonly Need[];
  /** False when nothing was found that starts it: then the volumes for that are not among its needs. */
  readonly startKnown: boolean;
  /** Places on which it mounts volumes that were not found: these are not among its needs either. */
  readonly missing: readonly string[];
}
