import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { dynamicGroup, everyVolume, dynamicGroupId, type GroupPlan } from '@sysimage/fixtures';
import { assembleDynamicGroup, readDynamicDatabase, readDynamicDisk, readPartitionTable } from '../src/index.js';

/* ldmtool reads what tests generate, and tells the same of it as we do. */

const typeNames = { simple: 'simple', spanned: 'spanned', striped: 'striped', mirrored: 'mirrored', raid5: 'RAID5' };

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dynamic-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function ask(files: readonly string[], ...words: readonly string[]): unknown {
  const { status, stdout, stderr } = spawnSync('ldmtool', [...files.flatMap((file) => ['-d', file]), ...words], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`ldmtool ${words.join(' ')}: ${stderr}`);
  return JSON.parse(stdout);
}

function partitionsOf(said: unknown): readonly string[] {
  const found = typeof said === 'object' && said !== null && 'partitions' in said ? said.partitions : undefined;
  return Array.isArray(found) ? found.map(String) : [];
}

test.each(['mbr', 'gpt'] as const)('every kind of volume on three disks: %s', async (scheme) => {
  const plan: GroupPlan = { scheme, disks: 3, sectors: 65_536, volumes: everyVolume };
  const disks = dynamicGroup(plan);
  const files = disks.map(({ bytes }, i) => {
    const file = join(folder, `${scheme}-${i}.img`);
    writeFileSync(file, bytes);
    return file;
  });
  expect(ask(files, 'scan')).toEqual([dynamicGroupId]);
  for (const made of disks) {
    const table = await readPartitionTable(made.read, { size: made.bytes.length, sectorSize: 512 });
    const header = await readDynamicDisk(made.read, table);
    if (header === undefined) throw new Error('no dynamic disk');
    const database = await readDynamicDatabase(made.read, header, 512);
    const group = assembleDynamicGroup(database, 512);
    expect(database.problems).toEqual([]);
    expect(ask(files, 'show', 'diskgroup', dynamicGroupId)).toMatchObject({
      name: database.groupName,
      guid: database.groupId,
      volumes: group.volumes.map(({ name }) => name),
      disks: group.disks.map(({ name }) => name),
    });
    for (const { name, kind, size, hint, stripe, parts } of group.volumes.map((volume) => ({
      ...volume,
      stripe: volume.components[0]?.stripe,
      parts: volume.components.flatMap((component) => component.parts),
    }))) {
      const said = ask(files, 'show', 'volume', dynamicGroupId, name);
      expect(said).toMatchObject({
        name,
        type: typeNames[kind],
        size: size / 512,
        ...(hint === undefined ? {} : { hint }),
      });
      if (stripe !== undefined) expect(said).toMatchObject({ 'chunk-size': stripe / 512 });
      const partitions = partitionsOf(said).map((partition) =>
        ask(files, 'show', 'partition', dynamicGroupId, partition),
      );
      const nameOf = (id: string): string | undefined => group.disks.find((one) => one.id === id)?.name;
      expect(partitions).toMatchObject(
        parts.map((part) => ({ start: part.start / 512, size: part.size / 512, disk: nameOf(part.disk) })),
      );
    }
  }
});

test.each([
  [2, false],
  [3, true],
])('of a group that was changed 3 times a disk that knows %d is one: %s', (sequence, present) => {
  const plan: GroupPlan = { scheme: 'gpt', disks: 2, sectors: 65_536, volumes: everyVolume.slice(0, 1) };
  const [first] = dynamicGroup({ ...plan, sequence: 3 });
  const [, second] = dynamicGroup({ ...plan, sequence });
  const files = [first, second].map((disk, i) => {
    const file = join(folder, `changed-${i}.img`);
    writeFileSync(file, disk?.bytes ?? '');
    return file;
  });
  expect(ask(files, 'show', 'disk', dynamicGroupId, 'Disk1')).toMatchObject({ present: true });
  expect(ask(files, 'show', 'disk', dynamicGroupId, 'Disk2')).toMatchObject({ present });
});
