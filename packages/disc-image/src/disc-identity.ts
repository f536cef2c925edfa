/** What a disc says of itself. Equal arguments give equal bytes. */
export interface DiscIdentity {
  /** Name of the volume; ISO 9660 shows 32 characters, Joliet 16, UDF 30. */
  readonly volume: string;
  /** Equal on all discs that belong together. */
  readonly volumeSet: string;
  /** Number of the disc among them, from 1. */
  readonly sequence: number;
  readonly date: Date;
  /** The program. */
  readonly publisher: string;
  /** What the first sectors hold, before any file system: at most 32 KiB. */
  readonly systemArea?: Uint8Array;
}
