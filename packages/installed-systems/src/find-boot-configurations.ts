import { readBootConfiguration, type BootConfiguration } from './boot-configuration.js';
import { openHive } from './hive.js';
import { findFile, readerOf, unbroken, type CandidateVolume } from './volume.js';

/** Where the boot manager of Windows keeps what it starts: on an EFI system partition, and for BIOS. */
const places = ['EFI/Microsoft/Boot/BCD', 'Boot/BCD'];

/** A boot configuration of Windows on a volume. */
export interface FoundBootConfiguration {
  readonly volume: CandidateVolume;
  /** Path of the hive on it, with `/`. */
  readonly file: string;
  /** `undefined`: it cannot be read. */
  readonly configuration: BootConfiguration | undefined;
  /** What was changed last may only be in its log files, which are not read. */
  readonly isDirty: boolean;
}

/** The boot configurations on volumes, also those that are broken. Rejections of the reads pass through. */
export async function findBootConfigurations(
  volumes: readonly CandidateVolume[],
): Promise<readonly FoundBootConfiguration[]> {
  const found: FoundBootConfiguration[] = [];
  for (const volume of volumes) {
    for (const file of places) {
      const entry = await findFile(volume, file);
      if (entry === undefined) continue;
      const read = await unbroken(async () => {
        const hive = await openHive(readerOf(volume, entry), entry.size);
        return { configuration: await readBootConfiguration(hive), isDirty: hive.isDirty };
      });
      found.push({ volume, file, ...(read ?? { configuration: undefined, isDirty: false }) });
    }
  }
  return found;
}
