import type { Need } from './installed-system.js';
import type { CandidateVolume } from './volume.js';

/**
 * Partitions that start a machine though nothing mounts them: EFI system partition, BIOS boot, PReP boot, and /boot of its own type
 * (Discoverable Partitions Specification; in an MBR, Boot Loader Specification); upper case.
 */
export const startTypes: ReadonlySet<string> = new Set([
  'C12A7328-F81F-11D2-BA4B-00A0C93EC93B',
  '21686148-6449-6E6F-744E-656564454649',
  '9E1A2D38-C612-4316-AA26-8B49521E5A8B',
  'BC13C2FF-59E6-4262-A352-B275FD6F7172',
  'EF',
  'EA',
  '41',
]);

/** What systemd mounts of the disk of the root though no table says so: where; /home and /srv hold no part of a system. */
const partTypes: ReadonlyMap<string, string> = new Map([
  ['4D21B016-B534-45C2-A9FB-5C16E091FD2D', '/var'],
  // /usr of x86-64, x86, ARM64 and ARM.
  ['8484680C-9521-48C6-9C11-B0720656F69E', '/usr'],
  ['75250D76-8CC6-458E-BD66-BD47CC81A812', '/usr'],
  ['B0E01050-EE5F-4390-949A-9101B17104E9', '/usr'],
  ['7D0359A3-02B3-4F0A-865C-654403E70625', '/usr'],
]);

/** What a Linux on the same disk needs a volume for, by the type of its partition alone. `mounted`: where it mounts others by itself. */
export function neededByType(
  { type }: CandidateVolume,
  mounted: ReadonlySet<string> = new Set(),
): Need['role'] | undefined {
  if (startTypes.has(type.toUpperCase())) return 'system';
  const place = partTypes.get(type.toUpperCase());
  return place === undefined || mounted.has(place) ? undefined : 'part';
}
