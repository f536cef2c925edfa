import { expect, test } from '@jest/globals';
import { join } from 'node:path';
import { ExtentSet } from '@sysimage/extents';
import { openVhdReader, readVhd, vhdBlockSize, type VhdIdentity, type VhdParent } from '../src/index.js';
import { inScratch, judgeByLibvhdi, judgeBySevenZip, reading, writePieces } from './judges.js';
import { identity, makeDifferencing, makeVhd, noise, parentNamed } from './make-vhd.js';

const mebi = 1024 * 1024;
const identityOf = (number: number): VhdIdentity => ({ ...identity, uuid: noise(number + 70, 16) });
const nameOf = (version: number): string => `version ${version} – ä.vhd`;

// QEMU is no judge of differencing files: it opens them as if there were no parent, and says nothing.
test.each([
  ['20 MiB', 20 * mebi],
  ['an odd number of sectors', 9 * mebi + 5 * 512],
])(
  'two programs and we read every version of a chain of three: %s',
  async (_, diskSize) => {
    await inScratch(async (folder) => {
      const disk = Buffer.alloc(Math.ceil(diskSize / vhdBlockSize) * vhdBlockSize);
      disk.set(noise(1, vhdBlockSize), 0);
      disk.set(noise(2, vhdBlockSize), 3 * vhdBlockSize);
      const path = (version: number): string => join(folder, nameOf(version));
      const raw = (version: number): string => join(folder, `${version}.img`);
      const keep = (version: number) => writePieces(raw(version), [{ offset: 0, bytes: disk }], diskSize);

      const base = makeVhd(
        diskSize,
        [0, 3].map((block) => [block, disk.subarray(block * vhdBlockSize, (block + 1) * vhdBlockSize)]),
        [1, 0],
        identityOf(0),
      );
      await writePieces(path(0), base.pieces, base.size);
      await keep(0);
      const changes = [
        // Single sectors, the start and end of blocks, a run over a border, zeros over what was there, the last sector.
        [0, 512, 4096 * 3, 4096 * 4 + 1, vhdBlockSize - 512, vhdBlockSize + 700, diskSize - 512, diskSize],
        [512, 1024, 3 * vhdBlockSize, 4 * vhdBlockSize, diskSize - 1024, diskSize],
      ];
      for (const [index, bounds] of changes.entries()) {
        const version = index + 1;
        let own = ExtentSet.empty;
        for (let i = 0; i < bounds.length; i += 2) {
          const [start = 0, end = 0] = bounds.slice(i, i + 2);
          own = own.union(ExtentSet.of({ start, end }));
          disk.set(
            version === 2 && i === 2 ? new Uint8Array(end - start) : noise(start + 9 * version, end - start),
            start,
          );
        }
        const parent = parentNamed(nameOf(version - 1), identityOf(version - 1));
        const made = makeDifferencing(diskSize, own, identityOf(version), parent, disk);
        await writePieces(path(version), made.pieces, made.size);
        await keep(version);
      }

      for (const version of [0, 1, 2]) {
        await judgeBySevenZip(path(version), raw(version));
        await judgeByLibvhdi(path(version), raw(version), version + 1);
      }
      await judgeByUs([0, 1, 2].map(path), [0, 1, 2].map(raw));
    });
  },
  120_000,
);

/** Opens the files of a chain, oldest first, each as the parent of the next, and compares each with its disk. */
async function judgeByUs(paths: readonly string[], raws: readonly string[], parent?: VhdParent): Promise<void> {
  const [[path, ...paths_], [raw, ...raws_]] = [paths, raws];
  if (path === undefined || raw === undefined) return;
  await reading(path, async (read, size) => {
    const vhd = await readVhd(read, size);
    expect(vhd).toMatchObject({ type: parent === undefined ? 'dynamic' : 'differencing', problems: [] });
    const reader = openVhdReader(read, vhd, parent);
    await reading(raw, async (readRaw, rawSize) => {
      expect(vhd.diskSize).toBe(rawSize);
      expect(Buffer.compare(await reader.read(0, rawSize), await readRaw(0, rawSize))).toBe(0);
    });
    await judgeByUs(paths_, raws_, { vhd, reader });
  });
}
