export interface FileExtent {
  /** In the image. */
  readonly offset: number;
  readonly length: number;
}

export interface FoundFile {
  /** Folders and name, joined by `/`. */
  readonly path: string;
  readonly size: number;
  /** In order; together as long as the file. */
  readonly extents: readonly FileExtent[];
}

export interface OpenedDisc {
  readonly fileSystem: 'udf' | 'joliet' | 'iso9660';
  readonly volume: string;
  /** In the order of the disc. */
  readonly files: readonly FoundFile[];
}
