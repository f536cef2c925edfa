import { afterAll, expect, test } from '@jest/globals';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createDisks } from '@sysimage/block-device';
import { constant, tokens, type Service } from '@sysimage/core';
import { dynamicGroup, everyVolume, makeScratch, withLoop } from '@sysimage/fixtures';
import { runHere } from '../src/index.js';

// What becomes of a restore where the backup lies on a dynamic disk, and of one onto a dynamic disk.

const scratch = await makeScratch();
afterAll(() => scratch.remove());

const sectors = 65_536;
const folder = scratch.at('shelf');
await mkdir(folder);
const from = ['--from', `dir:${folder}`, '--computer', 'pc'];
const disks = createDisks();
const onDynamic: readonly Service[] = [
  constant(tokens.disksBelow, (path) =>
    path.startsWith(folder)
      ? Promise.resolve({
          known: true,
          disks: [{ id: 'sysfs:65:0', name: '/dev/sdq', dynamic: 'yes' }],
          fileSystems: [{ id: 'q', type: 'ntfs3', mountPoint: folder, keeper: 'machine' }],
        })
      : disks.disksBelow(path),
  ),
];

test.each(['mbr', 'gpt'] as const)(
  'the volumes of a dynamic disk come back where they lay, and elsewhere only if nothing is lost by it: %s',
  async (scheme) => {
    const [before] = dynamicGroup({ scheme, disks: 3, sectors, volumes: everyVolume });
    const [other] = dynamicGroup({ scheme, disks: 3, sectors, volumes: everyVolume.toReversed() });
    if (before === undefined || other === undefined) throw new Error('no disk');
    const [disk, elsewhere] = [scratch.at(`${scheme}.img`), scratch.at(`${scheme}-other.img`)];
    await writeFile(disk, before.bytes);
    await writeFile(elsewhere, other.bytes);
    const asked = ['--disk', disk, '--to', `dir:${folder}`, '--computer', 'pc'];
    expect(await runHere(['policy', 'check', ...asked], onDynamic)).toMatchObject({
      stdout: expect.stringMatching(/lies on a dynamic disk of Windows.*\[target\/dynamic-disk\]/u),
    });
    expect(await runHere(['backup', ...asked], onDynamic)).toMatchObject({ code: 0 });
    const restore = async (path: string, services: readonly Service[], ...more: string[]): Promise<object> =>
      withLoop(path, {}, (device) =>
        runHere(['restore', 'latest', ...from, '--disk', device, '--yes', ...more], services),
      );
    const differs = expect.stringMatching(/the dynamic volume Volume1 lies otherwise than it did/u);
    expect(await restore(elsewhere, [])).toMatchObject({ code: 14, stderr: differs });
    for (const more of [[], ['--recreate-disks']]) {
      const refused = expect.stringMatching(
        /would be laid out anew[\s\S]*Copy the folder of the backup to a basic disk/u,
      );
      expect(await restore(elsewhere, onDynamic, ...more)).toMatchObject({ code: 14, stderr: refused });
    }
    expect(Buffer.compare(await readFile(elsewhere), other.bytes)).toBe(0);
    // Where they lay they are put back, whatever the backup lies on.
    await writeFile(disk, before.bytes.slice().fill(0x77, (64 + 2048) * 512, (64 + 4096) * 512));
    expect(await restore(disk, onDynamic)).toMatchObject({ code: 0 });
    expect(await restore(elsewhere, [], '--recreate-disks')).toMatchObject({ code: 0 });
    for (const path of [disk, elsewhere]) expect(Buffer.compare(await readFile(path), before.bytes)).toBe(0);
  },
);
