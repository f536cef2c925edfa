import { expect, test } from '@jest/globals';
import { createEngine, type BackupPlan } from '@sysimage/core';
import { plugin } from '@sysimage/policies-recommended';
import { dynamicDiskId, dynamicGroup, dynamicGroupId, everyVolume, type DiskBytes } from '@sysimage/fixtures';
import { createMemoryTarget } from '@sysimage/target-memory';
import { ToyDisk, Workbench } from '../src/index.js';

const sectors = 65_536;
const anyDisk = new ToyDisk(2 * 1024 * 1024);

function benchWith(disks: readonly DiskBytes[]): Workbench {
  const bench = new Workbench();
  for (const [i, { bytes }] of disks.entries()) bench.disks.disks.set(`dynamic-${i}.img`, bytes);
  return bench;
}

async function planOf(bench: Workbench, disks: readonly string[]): Promise<BackupPlan> {
  const engine = createEngine(bench.services);
  const request = { disks, target: createMemoryTarget(), computer: 'bench', tool: 'test', policies: [] };
  return (await engine.plan(request)).plan;
}

function groupFindings(plan: BackupPlan): readonly string[] {
  const found: string[] = [];
  const rule = plugin.policies?.find(({ meta }) => meta.id === 'source/dynamic-group');
  rule?.check(plan, ({ messageId, subject }) => void found.push(`${subject} ${messageId}`));
  return found;
}

test.each(['mbr', 'gpt'] as const)('a group of dynamic disks is told, and wanted whole: %s', async (scheme) => {
  const disks = dynamicGroup({ scheme, disks: 3, sectors, volumes: everyVolume });
  const bench = benchWith(disks);
  const names = disks.map((_, i) => `dynamic-${i}.img`);
  const whole = await planOf(bench, names);
  expect(whole.disks.map(({ layout }) => layout.dynamic?.diskId)).toEqual([0, 1, 2].map(dynamicDiskId));
  expect(whole.disks[0]?.layout).toMatchObject({
    problems: [],
    dynamic: {
      problems: [],
      sequence: 2,
      groupId: dynamicGroupId,
      groupName: 'SERVER-Dg0',
      volumes: [
        { name: 'Volume1', kind: 'simple', hint: 'C:', size: 4 * 2 ** 20, disks: [dynamicDiskId(0)] },
        { kind: 'spanned', disks: [dynamicDiskId(0), dynamicDiskId(1)] },
        { kind: 'striped' },
        { kind: 'mirrored', disks: [dynamicDiskId(0), dynamicDiskId(2)] },
        { kind: 'raid5', disks: [0, 1, 2].map(dynamicDiskId) },
      ],
    },
  });
  expect(groupFindings(whole)).toEqual([]);
  expect(groupFindings(await planOf(bench, names.slice(1)))).toEqual(['disks/0 missing', 'disks/1 missing']);
});

test('the version records the group, and every disk of it comes back', async () => {
  const disks = dynamicGroup({ scheme: 'mbr', disks: 2, sectors, volumes: everyVolume.slice(0, 3) });
  const bench = benchWith(disks);
  const target = createMemoryTarget();
  const version = await bench.backup(target, anyDisk, { disks: ['dynamic-0.img', 'dynamic-1.img'] });
  expect(version.disks.map(({ layout }) => layout.dynamic?.diskId)).toEqual([0, 1].map(dynamicDiskId));
  for (const [i, { bytes }] of disks.entries())
    expect(Buffer.compare(await bench.restore(target, version.id, i), bytes)).toBe(0);
});

test('a broken database is told, and the disk is taken all the same', async () => {
  const [disk] = dynamicGroup({ scheme: 'mbr', disks: 2, sectors, volumes: everyVolume.slice(0, 1) });
  if (disk === undefined) throw new Error('no disk');
  disk.bytes.fill(0, (sectors - 2048) * 512, (sectors - 2048 + 1024) * 512);
  const bench = benchWith([disk]);
  const plan = await planOf(bench, ['dynamic-0.img']);
  expect(plan.disks[0]?.layout).toMatchObject({
    problems: [],
    dynamic: { groupId: dynamicGroupId, disks: [], volumes: [], problems: [expect.any(String)] },
  });
  expect(groupFindings(plan)).toEqual(['disks/0 broken', 'disks/0 unknown']);
});

test('a dynamic disk whose header is gone is still one', async () => {
  const [disk] = dynamicGroup({ scheme: 'mbr', disks: 2, sectors, volumes: everyVolume.slice(0, 1) });
  if (disk === undefined) throw new Error('no disk');
  for (const sector of [6, sectors - 2048 + 1856, sectors - 1]) disk.bytes.fill(0, sector * 512, (sector + 1) * 512);
  const plan = await planOf(benchWith([disk]), ['dynamic-0.img']);
  expect(groupFindings(plan)).toEqual(['disks/0 broken', 'disks/0 unknown']);
});

// Header, contents, records: the first place of each.
test.each([
  ['mbr', 6],
  ['mbr', sectors - 2048 + 1],
  ['mbr', sectors - 2048 + 17],
  ['gpt', 64 + 2047],
  ['gpt', 64 + 1],
  ['gpt', 64 + 17],
] as const)('a bad sector there costs nothing but what it says: %s, sector %d', async (scheme, sector) => {
  const disks = dynamicGroup({ scheme, disks: 2, sectors, volumes: everyVolume.slice(0, 2) });
  const bench = benchWith(disks);
  bench.disks.bad.set('dynamic-0.img', { start: sector * 512, end: (sector + 1) * 512 });
  const plan = await planOf(bench, ['dynamic-0.img', 'dynamic-1.img']);
  const { dynamic } = plan.disks[0]?.layout ?? {};
  expect(dynamic?.problems).toHaveLength(1);
  // Of all but the records there are copies.
  const isRecords = sector === 64 + 17 || sector === sectors - 2048 + 17;
  expect(dynamic?.disks).toHaveLength(isRecords ? 0 : 2);
});
