import type { Hasher } from '../contract/services.js';
import { toHex } from '../image/grain.js';
import type { DiskLayout } from '../model/disk-layout.js';

/**
 * The folder of a disk on the target: what identifies the disk itself, never its place in a list. A GPT disk has a GUID, an
 * MBR disk a signature (with the serial number of the hardware, because copies of a disk share it); any other disk is known by
 * its serial number or, as an image file, by its path.
 */
export function diskKey(layout: DiskLayout, path: string, hasher: Hasher): string {
  const short = (text: string): string => toHex(hasher.digest(new TextEncoder().encode(text))).slice(0, 12);
  const serial = layout.serial === undefined ? '' : `-${short(layout.serial)}`;
  if (layout.scheme === 'gpt' && layout.id !== undefined) return `gpt-${layout.id.toLowerCase()}`;
  if (layout.scheme === 'mbr' && layout.id !== undefined) return `mbr-${layout.id.toLowerCase()}${serial}`;
  const [volume] = layout.volumes;
  // What holds one thing together with others bears the identity of that, on each of them.
  const isOneOfSeveral = volume?.pool !== undefined || volume?.fileSystem === 'md';
  const fileSystem = isOneOfSeveral && volume.id !== undefined ? `${volume.id} ${path}` : volume?.id;
  if (layout.serial !== undefined) return `serial${serial}`;
  if (fileSystem !== undefined) return `volume-${short(fileSystem)}`;
  return `path-${short(path)}`;
}
