import { ByteView } from '@sysimage/bytes';
import type { Findings } from './file-system.js';
import { utf8Field, uuidField } from './text.js';
import type { Volume } from './volume.js';

const magic = 0xa92b4efc;

/** A member of a Linux software RAID: superblock at the start (1.1), at 4 KiB (1.2) or near the end (1.0, 0.90). */
export async function mdSignature(volume: Volume): Promise<Omit<Findings, 'type'> | undefined> {
  const sectors = Math.floor(volume.size / 512);
  // Formulas of the kernel: super_1_load() and calc_dev_sboffset().
  const places: readonly (readonly [number, number])[] = [
    [0, 1],
    [4096, 1],
    [Math.floor((sectors - 16) / 8) * 8 * 512, 1],
    [Math.floor(volume.size / 65536) * 65536 - 65536, 0],
  ];
  for (const [offset, majorVersion] of places) {
    if (offset < 0 || offset + 512 > volume.size) continue;
    const view = new ByteView(await volume.read(offset, 512), 'md superblock', offset);
    // Version 0.90 is in the order of the machine that made it.
    const isBig = majorVersion === 0 && view.u32be(0) === magic && view.u32be(4) === majorVersion;
    if (!isBig && (view.u32le(0) !== magic || view.u32le(4) !== majorVersion)) continue;
    if (majorVersion === 0) return {};
    const id = uuidField(view, 16);
    const members = neededMembers(view);
    const pool = id === undefined || members < 2 ? {} : { pool: { id, members } };
    return { id, label: utf8Field(view, 32, 32), ...pool };
  }
  return undefined;
}

/** How many members it takes to read an array: mirrors and parities stand in for others (Linux, md_p.h: `mdp_superblock_1`). */
function neededMembers(view: ByteView): number {
  const [level, layout, disks] = [view.u32le(72), view.u32le(76), view.u32le(92)];
  const copies = level === 1 ? disks : level === 10 ? (layout & 0xff) * ((layout >>> 8) & 0xff) : 1;
  const parities = level === 4 || level === 5 ? 1 : level === 6 ? 2 : 0;
  return disks - Math.max(0, copies - 1) - parities;
}
