import { afterAll, beforeAll, test } from '@jest/globals';
import { copyImage, makeDisk, makeScratch, partitionOf, withLoop, type Disk } from '@sysimage/fixtures';
import { conformance, type KitSetup } from '@sysimage/target-kit';
import { ntfs } from '../src/index.js';
import { opener, type NtfsTarget } from './surroundings.js';

const mebibyte = 1024 * 1024;

let scratch: Awaited<ReturnType<typeof makeScratch>>;
let disk: Disk;
let device: string;
let open: ReturnType<typeof opener>;
let detach: () => void;
let detached: Promise<void>;
let cases = 0;

beforeAll(async () => {
  scratch = await makeScratch();
  open = opener(scratch.at('run'));
  disk = await makeDisk(scratch.at('disk.img'), {
    table: 'gpt',
    size: 180 * mebibyte,
    partitions: [
      { type: 'ext4', size: 16 * mebibyte, label: 'other' },
      { type: 'ntfs', size: 80 * mebibyte, label: 'image' },
      { type: 'ntfs', size: 80 * mebibyte, label: 'device' },
    ],
  });
  const { offset, size } = partitionOf(disk, 3);
  await new Promise<void>((resolve, reject) => {
    detached = withLoop(disk.path, { offset, size }, async (found) => {
      device = found;
      await new Promise<void>((end) => {
        detach = end;
        resolve();
      });
    });
    detached.catch(reject);
  });
}, 60_000);

afterAll(async () => {
  detach();
  await detached;
  await scratch.remove();
}, 60_000);

/** Mounted by the first that opens it, and unmounted by the last that closes. */
const image: KitSetup = {
  name: 'a partition of an image file',
  facets: ntfs.facets,
  powerCuts: true,
  open: async () => {
    const folder = `cases/${(cases += 1)}`;
    const reopen = (): Promise<NtfsTarget> => open({ path: disk.path, partition: 2, folder });
    const target = await reopen();
    // What the loop device and ntfs-3g have not written yet is not in the file.
    const powerCut = async (): Promise<NtfsTarget> => {
      const copy = scratch.at(`cut-${(cases += 1)}.img`);
      await copyImage(disk.path, copy);
      return open({ path: copy, partition: 2, folder });
    };
    return { target, reopen, powerCut, dispose: () => target.close() };
  },
};
test.each(conformance(image).cases)('image file: $name', ({ run: tried }) => tried(), 60_000);

const partition: KitSetup = {
  name: 'a device',
  facets: ntfs.facets,
  manyObjects: 20,
  print: () => undefined,
  open: async () => {
    const folder = `case ${(cases += 1)}`;
    const reopen = (): Promise<NtfsTarget> => open({ path: device, folder });
    const target = await reopen();
    return { target, reopen, dispose: () => target.close() };
  },
};
test.each(conformance(partition).cases)('device: $name', ({ run: tried }) => tried(), 60_000);
