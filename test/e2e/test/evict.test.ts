import { expect, test } from '@jest/globals';
import { definePolicy, objectName, type Finding, type Policy, type Severity, type VersionRecord } from '@sysimage/core';
import { createMemoryTarget, type MemoryTarget } from '@sysimage/target-memory';
import { ToyDisk, Workbench } from '../src/index.js';

const mebibyte = 1024 * 1024;
type Target = MemoryTarget<'random' | 'capacity'>;

/** Every version rewrites half a mebibyte, so that each older one has a layer of that size. */
class Series {
  readonly bench = new Workbench();
  readonly disk = new ToyDisk(8 * mebibyte);
  readonly bytes = new Map<string, Uint8Array>();
  readonly target: Target;
  #round = 0;

  constructor(target: Target) {
    this.target = target;
    for (let block = 128; block < 1024; block += 1) this.disk.fill(block, 1);
  }

  change(): void {
    this.#round += 1;
    for (let block = 256; block < 384; block += 1) this.disk.fill(block, 10 + this.#round);
  }

  async backUp(extra: Parameters<Workbench['backup']>[2] = {}): Promise<VersionRecord> {
    this.change();
    const version = await this.bench.backup(this.target, this.disk, extra);
    this.bytes.set(version.id, this.disk.canonical());
    return version;
  }

  ids(): readonly string[] {
    return this.target.store
      .names()
      .flatMap((name) => /\/versions\/(.+)\.json$/u.exec(name)?.[1] ?? [])
      .toSorted();
  }

  /** What is there restores as it was taken, and nothing is damaged. */
  async judge(): Promise<void> {
    for (const id of this.ids())
      expect(Buffer.compare(await this.bench.restore(this.target, id), this.bytes.get(id) ?? Buffer.of())).toBe(0);
    expect((await this.bench.verify(this.target)).damages).toEqual([]);
  }
}

const full = (): Target => createMemoryTarget({ capacity: 9 * mebibyte });
const evictedBy = ({ findings }: VersionRecord): readonly string[] =>
  findings.filter(({ policy }) => policy === 'target/evicted').map(({ subject }) => subject);

test('a full target: the oldest versions go, as few as need be, and the record of the new one says so', async () => {
  const series = new Series(full());
  const all: string[] = [];
  const gone: string[] = [];
  for (let round = 0; round < 14; round += 1) {
    const version = await series.backUp();
    all.push(version.id);
    const evicted = evictedBy(version).map((subject) => subject.replace('versions/', ''));
    // At most one layer is as large as what a run needs.
    expect(evicted.length).toBeLessThanOrEqual(1);
    gone.push(...evicted);
    expect(series.ids()).toEqual(all.slice(gone.length));
  }
  expect(gone.length).toBeGreaterThan(2);
  expect(gone).toEqual(all.slice(0, gone.length));
  expect(series.ids().length).toBeGreaterThan(3);
  await series.judge();
});

test('with evict: false, and for a backup of a volume in use, nothing is given up', async () => {
  const series = new Series(full());
  for (let round = 0; ; round += 1) {
    const before = series.ids();
    const failure = await series.backUp({ evict: false }).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (failure === undefined) continue;
    expect(round).toBeGreaterThan(3);
    expect(failure).toMatchObject({ code: 'no-space' });
    expect(series.ids()).toEqual(before);
    break;
  }
  await series.judge();
  const before = series.ids();
  series.bench.disks.mounts.set('disk.img', [{ offset: mebibyte, mountPoint: '/', readOnly: false }]);
  await expect(series.backUp({ allowLive: true })).rejects.toMatchObject({ code: 'no-space' });
  expect(series.ids()).toEqual(before);
});

test('the only version of a disk is never given up, whatever else would fit then', async () => {
  const series = new Series(createMemoryTarget({ capacity: 6 * mebibyte }));
  const first = await series.backUp();
  for (let block = 128; block < 1024; block += 1) series.disk.fill(block, 77);
  await expect(series.backUp()).rejects.toMatchObject({ code: 'no-space' });
  expect(series.ids()).toEqual([first.id]);
  await series.judge();
});

test('what cannot be restored any more stands in for nothing', async () => {
  const series = new Series(createMemoryTarget({ capacity: 6 * mebibyte }));
  const [first, second] = [await series.backUp(), await series.backUp()];
  const map = series.target.store.names().find((name) => name.endsWith('.map') && name.includes(second.id)) ?? '';
  await series.target.remove(objectName(map));
  // Without its map the image cannot be changed, and there is no room for another one.
  await expect(series.backUp()).rejects.toMatchObject({ code: 'no-space' });
  expect(series.ids()).toEqual([first.id, second.id]);
  const found = await series.bench.restore(series.target, first.id);
  expect(Buffer.compare(found, series.bytes.get(first.id) ?? Buffer.of())).toBe(0);
});

test('nothing is given up while a record cannot be read: it would free nothing, and may be all there is', async () => {
  const series = new Series(full());
  for (let round = 0; round < 3; round += 1) await series.backUp();
  const [oldest = ''] = series.ids();
  const record = series.target.store.names().find((name) => name.endsWith(`${oldest}.json`)) ?? '';
  series.target.store.patch(record, 40, Uint8Array.of(0));
  const failure = await (async () => {
    for (let round = 0; round < 20; round += 1) await series.backUp();
  })().then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(failure).toMatchObject({ code: 'no-space' });
  expect(series.ids()).toContain(oldest);
});

test('shadow storage has its bound, counted after a good version', async () => {
  const series = new Series(createMemoryTarget());
  for (let round = 0; round < 6; round += 1) await series.backUp();
  expect(series.ids()).toHaveLength(6);
  await series.backUp({ maxShadow: 1.3 * mebibyte });
  // Two layers of half a mebibyte and their tables.
  expect(series.ids()).toHaveLength(3);
  await series.backUp({ maxShadow: 0 });
  expect(series.ids()).toHaveLength(1);
  await series.judge();
});

/** Has something to say as soon as fewer versions are there. */
const atLeast = (least: number, severity: Severity): Policy =>
  definePolicy({
    meta: {
      id: 'test/few-versions',
      severity,
      description: 'enough versions stay',
      messages: { few: 'only {count} versions are there' },
      source: 'a test',
    },
    check: ({ target }, report) => {
      if (target.versions < least)
        report({ messageId: 'few', data: { count: String(target.versions) }, subject: 'target' });
    },
  });

/** Versions until one more finds no room. */
async function seriesToTheBrim(): Promise<Series> {
  const series = new Series(full());
  for (;;) {
    const failure = await series.backUp({ evict: false }).catch((error: unknown) => error);
    if (failure instanceof Error) return series;
  }
}

test('when the oldest version had to go, the rules judge again: what they say then is told and recorded, and nothing twice', async () => {
  const series = await seriesToTheBrim();
  const before = series.ids();
  series.bench.events.length = 0;
  const always: Policy = definePolicy({
    meta: {
      id: 'test/always',
      severity: 'info',
      description: 'says something',
      messages: { so: 'it is so' },
      source: 'a test',
    },
    check: (_, report) => report({ messageId: 'so', subject: 'plan' }),
  });
  const version = await series.backUp({ policies: [atLeast(before.length, 'error'), always] });
  expect(evictedBy(version)).toEqual([`versions/${before[0]}`]);
  const said = (policy: string): readonly Finding[] => version.findings.filter((finding) => finding.policy === policy);
  const told = series.bench.events.flatMap((event) => (event.event === 'finding' ? [event.finding] : []));
  expect(told.map(({ policy }) => policy)).toEqual(['test/always', 'target/evicted', 'test/few-versions']);
  for (const finding of told) expect(said(finding.policy)).toEqual([finding]);
  expect(said('test/few-versions')).toMatchObject([{ message: `only ${before.length - 1} versions are there` }]);
  await series.judge();
});

test('a rule that blocks then ends the backup by its own exit code, and leaves nothing unfinished', async () => {
  const series = await seriesToTheBrim();
  const before = series.ids();
  const failure = series.backUp({ policies: [atLeast(before.length, 'block')] });
  await expect(failure).rejects.toMatchObject({ code: 'policy', context: { policy: 'test/few-versions' } });
  expect(series.ids()).toEqual(before.slice(1));
  expect(series.target.store.names().filter((name) => /\/(?:runs|leases)\//u.test(name))).toEqual([]);
  await series.judge();
});
