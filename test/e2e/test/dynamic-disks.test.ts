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

function groupFindings(plan: BackupPlan, name = 'source/dynamic-group'): readonly string[] {
  const found: string[] = [];
  const rule = plugin.policies?.find(({ meta }) => meta.id === name);
  rule?.check(plan, ({ messageId, subject }) => void found.push(`${subject} ${messageId}`), {});
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

test.each(['mbr', 'gpt'] as const)('a disk that was away when its group was changed is told: %s', async (scheme) => {
  const volumes = everyVolume.slice(0, 2);
  const now = dynamicGroup({ scheme, disks: 3, sectors, volumes, sequence: 3 });
  const before = dynamicGroup({ scheme, disks: 3, sectors, volumes });
  const names = now.map((_, i) => `dynamic-${i}.img`);
  const told = async (disks: readonly (DiskBytes | undefined)[]): Promise<readonly string[]> => {
    const bench = benchWith(disks.filter((disk) => disk !== undefined));
    return groupFindings(await planOf(bench, names), 'source/stale-dynamic-disk');
  };
  expect(await told(now)).toEqual([]);
  expect(await told([now[0], before[1], now[2]])).toEqual(['disks/1 stale']);
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

test.each(['mbr', 'gpt'] as const)('its volumes are put back only where they lay: %s', async (scheme) => {
  const [before] = dynamicGroup({ scheme, disks: 3, sectors, volumes: everyVolume });
  const [now] = dynamicGroup({ scheme, disks: 3, sectors, volumes: everyVolume.toReversed() });
  const [more] = dynamicGroup({ scheme, disks: 3, sectors, volumes: everyVolume.slice(0, 4) });
  const [same] = dynamicGroup({ scheme, disks: 3, sectors, volumes: everyVolume });
  if (before === undefined || now === undefined || more === undefined || same === undefined) throw new Error('no disk');
  const bench = benchWith([before]);
  const target = createMemoryTarget();
  const { id } = await bench.backup(target, anyDisk, { disks: ['dynamic-0.img'] });
  for (const [other, why] of [
    [now, /the dynamic volume Volume1 lies otherwise than it did/u],
    [more, /the dynamic volume Volume5 is gone/u],
  ] as const) {
    const untouched = Uint8Array.from(other.bytes);
    bench.disks.disks.set('restored.img', other.bytes);
    await expect(bench.restoreOver(target, id)).rejects.toMatchObject({
      code: 'layout',
      message: expect.stringMatching(why),
    });
    expect(Buffer.compare(other.bytes, untouched)).toBe(0);
    await bench.restoreOver(target, id, true);
    expect(Buffer.compare(other.bytes, before.bytes)).toBe(0);
  }
  bench.disks.disks.set('restored.img', same.bytes.fill(0x77, (64 + 2048) * 512, (64 + 4096) * 512));
  await bench.restoreOver(target, id);
  expect(Buffer.compare(same.bytes, before.bytes)).toBe(0);
});

test('where its volumes lie by now is told before the next version', async () => {
  const [before] = dynamicGroup({ scheme: 'mbr', disks: 3, sectors, volumes: everyVolume.slice(0, 2) });
  const [now] = dynamicGroup({ scheme: 'mbr', disks: 3, sectors, volumes: everyVolume.slice(0, 3) });
  if (before === undefined || now === undefined) throw new Error('no disk');
  const bench = benchWith([before]);
  const target = createMemoryTarget();
  const asked = { disks: ['dynamic-0.img'], target, computer: 'bench', tool: 'test', policies: [] };
  await bench.backup(target, anyDisk, asked);
  const differences = async (): Promise<unknown> =>
    (await createEngine(bench.services).plan(asked)).plan.disks[0]?.before?.differences;
  expect(await differences()).toEqual([]);
  bench.disks.disks.set('dynamic-0.img', now.bytes);
  expect(await differences()).toEqual(['the dynamic volume Volume3 is new']);
});

test('the database is taken wherever it lies: at the end of a disk that has grown since', async () => {
  const [disk] = dynamicGroup({ scheme: 'mbr', disks: 1, sectors, volumes: everyVolume.slice(0, 1) });
  if (disk === undefined) throw new Error('no disk');
  // Windows ends the partition with a cylinder, and the database lies behind.
  disk.view.setUint32(446 + 12, sectors - 2048 - 63 - 4096, true);
  const bytes = new Uint8Array(disk.bytes.length * 2);
  bytes.set(disk.bytes);
  const bench = new Workbench();
  bench.disks.disks.set('grown.img', bytes);
  const target = createMemoryTarget();
  const { id } = await bench.backup(target, anyDisk, { disks: ['grown.img'] });
  expect(Buffer.compare(await bench.restore(target, id), bytes)).toBe(0);
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
