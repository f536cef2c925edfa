import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { exitCodes } from '@sysimage/cli';
import { constant, createEngine, objectName, tokens, type VerifyPoint, type VerifyResult } from '@sysimage/core';
import { createMemoryTarget, type MemoryCall } from '@sysimage/target-memory';
import { at, listAt, PassingClock, runHere, ToyDisk, Workbench } from '../src/index.js';

const mebibyte = 1024 * 1024;
const parts = 4;

/** Two versions on a disk of several stripes, with so much changed that a layer has several, too. */
async function twoVersions() {
  const bench = new Workbench();
  const target = createMemoryTarget();
  const disk = new ToyDisk(24 * mebibyte);
  for (let block = 20; block < 5500; block += 1) disk.fill(block, 1);
  const ids = [(await bench.backup(target, disk)).id];
  for (let block = 20; block < 4000; block += 5) disk.fill(block, 2);
  ids.push((await bench.backup(target, disk)).id);
  const engine = createEngine(bench.services);
  const catalog = await engine.computer(target);
  const verify = (changes: Partial<Parameters<typeof engine.verify>[0]> = {}): Promise<VerifyResult> =>
    engine.verify({ target, catalog, ...changes }, () => undefined);
  const flip = (name: string, offset: number): void =>
    target.store.patch(name, offset, Uint8Array.of((target.store.bytes(name)[offset] ?? 0) ^ 1));
  return { target, ids, catalog, verify, flip };
}

test.each(['all objects', 'one version'])('of all parts exactly one finds what is damaged: %s', async (what) => {
  const { target, catalog, verify, flip } = await twoVersions();
  const version = what === 'one version' ? catalog.versions[0] : undefined;
  const verifyPart = (part: number): Promise<VerifyResult> =>
    verify({ share: { kind: 'part', part, of: parts }, ...(version === undefined ? {} : { version }) });
  const names = target.store.names().filter((name) => /\.(?:layer|vhd)$/u.test(name));
  expect(names).toHaveLength(2);
  const used = new Set<number>();
  for (const name of names) {
    const { length } = target.store.bytes(name);
    for (let where = 0.15; where < 0.9; where += 0.15) {
      const offset = Math.floor(length * where);
      flip(name, offset);
      const finding: number[] = [];
      for (let part = 1; part <= parts; part += 1) if ((await verifyPart(part)).damages.length > 0) finding.push(part);
      flip(name, offset);
      // The first version does not need all of the image.
      if (finding.length > 0 || version === undefined) expect(finding).toHaveLength(1);
      for (const part of finding) used.add(part);
    }
  }
  expect(used.size).toBeGreaterThan(2);
  let bytes = 0;
  for (let part = 1; part <= parts; part += 1) bytes += (await verifyPart(part)).bytes;
  const whole = await verify(version === undefined ? {} : { version });
  expect(whole.damages).toEqual([]);
  expect(bytes / whole.bytes).toBeCloseTo(1, 1);
});

test('damage is told in the order of the image, whichever of it is found first', async () => {
  const bench = new Workbench();
  let [isHeld, release] = [false, (): void => undefined];
  const second = new Promise<void>((resolve) => (release = resolve));
  const onCall = async ({ operation }: MemoryCall): Promise<void> => {
    if (!isHeld || operation !== 'read') return;
    isHeld = false;
    await second;
  };
  const target = createMemoryTarget({ onCall });
  const disk = new ToyDisk(24 * mebibyte);
  for (let block = 20; block < 5500; block += 1) disk.fill(block, 1);
  const version = await bench.backup(target, disk);
  const image = target.store.names().find((name) => name.endsWith('.vhd')) ?? '';
  const { length } = target.store.bytes(image);
  // One in the first run of 2 MiB, and one behind it.
  for (const offset of [length >> 4, length >> 2]) target.store.patch(image, offset, Uint8Array.of(0xee));
  const engine = createEngine(bench.services);
  const catalog = await engine.computer(target);
  isHeld = true;
  const told: number[] = [];
  const { damages } = await engine.verify({ target, catalog, version }, (event) => {
    if (event.event !== 'damage') return;
    told.push(event.damage.start);
    release();
  });
  expect(told).toHaveLength(2);
  expect(damages.map(({ start }) => start)).toEqual(told.toReversed());
});

test.each(['all objects', 'one version'])('what was stopped anywhere is gone on with: %s', async (what) => {
  const { target, catalog, verify, flip } = await twoVersions();
  const only = what === 'one version' ? { version: catalog.versions.at(-1) ?? catalog.versions[0] } : {};
  const about = only.version === undefined ? {} : { version: only.version };
  const image = target.store.names().find((name) => name.endsWith('.vhd')) ?? '';
  const { length } = target.store.bytes(image);
  for (const where of [0.2, 0.5, 0.9]) flip(image, Math.floor(length * where));
  const points: VerifyPoint[] = [];
  const whole = await verify({
    ...about,
    onPoint: (point) => points.push({ ...point, found: [...point.found], damages: [...point.damages] }),
  });
  expect(whole).toMatchObject({ resumed: false });
  expect(whole.damages.length).toBeGreaterThan(2);
  expect(points.length).toBeGreaterThan(8);
  let reads = 0;
  for (const from of points) {
    reads = 0;
    const again = await verify({ ...about, from: structuredClone(from), onPoint: () => (reads += 1) });
    expect(again).toMatchObject({ damages: whole.damages, versions: whole.versions, resumed: true });
  }
  expect(reads).toBeLessThan(points.length / 3);
  const [first] = points;
  const other = first === undefined ? {} : { from: first };
  expect(await verify({ ...other, share: { kind: 'part', part: 1, of: 2 } })).toMatchObject({ resumed: false });
  // What somebody has written to since may not be as it was when it was read.
  const file = await target.facets.random.open(objectName(image), { exclusive: true });
  await file.write(0, target.store.bytes(image).subarray(0, 1));
  await file.close();
  expect(await verify({ ...about, ...other })).toMatchObject({ resumed: false, damages: whole.damages });
});

let folder: string;
let out: string;
let err: string;
let now = 0;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'verify-share-'));
  now = Date.UTC(2027, 2, 1);
  patience = Infinity;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Looks at the clock until Ctrl-C is pressed. */
let patience = Infinity;
const clock = new PassingClock(() => {
  patience -= 1;
  if (patience === 0) process.emit('SIGINT');
  return (now += 1);
});

async function sysimage(...args: readonly string[]): Promise<number> {
  const before = process.env['XDG_STATE_HOME'];
  process.env['XDG_STATE_HOME'] = join(folder, 'state');
  try {
    const said = await runHere(args, [constant(tokens.clock, clock)]);
    ({ stdout: out, stderr: err } = said);
    return said.code;
  } finally {
    if (before === undefined) delete process.env['XDG_STATE_HOME'];
    else process.env['XDG_STATE_HOME'] = before;
  }
}

const versionsThen = async (): Promise<readonly unknown[]> => {
  expect(await sysimage('versions', '--from', shelf(), '--json')).toBe(0);
  return listAt(JSON.parse(out), 'versions');
};
const shelf = (): string => `dir:${join(folder, 'shelf')}`;
const hour = 3_600_000;

async function backUp(size = 6): Promise<void> {
  const disk = new ToyDisk(size * mebibyte);
  for (let block = 20; block < size * 200; block += 1) disk.fill(block, now % 97);
  writeFileSync(join(folder, 'disk.img'), disk.bytes);
  const said = await sysimage('backup', '--disk', join(folder, 'disk.img'), '--to', shelf(), '--computer', 'desk');
  expect([said, err]).toEqual([0, expect.any(String)]);
}

test('versions tell when they were last read back', async () => {
  await backUp();
  expect(await sysimage('versions', '--from', shelf())).toBe(0);
  expect(out).toMatch(/verified\n.*never$/mu);
  expect(await sysimage('verify', '--from', shelf(), '--subset', '1/2')).toBe(0);
  expect(err).toContain('(part 1 of 2): no damage');
  expect(await sysimage('verify', '--from', shelf(), '--subset', '100%', '--seed', '7', '--json')).toBe(0);
  expect(out).toContain('"share":{"kind":"random","percent":100,"seed":7}');
  expect(at((await versionsThen())[0], 'verifiedAt')).toBeUndefined();
  const first = new Date(now).toISOString().slice(0, 13);
  now += 50 * hour;
  expect(await sysimage('verify', '--from', shelf(), '--subset', '2/2')).toBe(0);
  expect(String(at((await versionsThen())[0], 'verifiedAt')).slice(0, 13)).toBe(first);
  expect(await sysimage('versions', '--from', shelf())).toBe(0);
  expect(out).toMatch(/2 d ago$/mu);
  await backUp();
  expect((await versionsThen()).map((version) => typeof at(version, 'verifiedAt'))).toEqual(['string', 'undefined']);
  expect(await sysimage('verify', '--from', shelf())).toBe(0);
  expect((await versionsThen()).map((version) => typeof at(version, 'verifiedAt'))).toEqual(['string', 'string']);
  const disks = join(folder, 'shelf', 'sysimage', 'desk');
  const images = join(disks, readdirSync(disks).find((name) => name.startsWith('disk-')) ?? '');
  // Where files can share blocks, the newest version has one of its own.
  const image = join(images, readdirSync(images).find((name) => name.startsWith('image-')) ?? 'image.vhd');
  const bytes = readFileSync(image);
  bytes[bytes.length - 3_000_000] = (bytes[bytes.length - 3_000_000] ?? 0) ^ 1;
  writeFileSync(image, bytes);
  now += hour;
  expect(await sysimage('verify', 'latest', '--from', shelf())).toBe(exitCodes.damaged);
  expect((await versionsThen()).map((version) => typeof at(version, 'damagedAt'))).toEqual(['undefined', 'string']);
  expect(await sysimage('versions', '--from', shelf())).toBe(0);
  expect(out).toMatch(/damaged \S.* ago$/mu);
});

test.each([[[]], [['--subset', '1/2']], [['--subset', '80%']], [['latest']]])(
  'a command that was stopped is gone on with: verify %j',
  async (words) => {
    await backUp(32);
    const verify = (...more: readonly string[]): Promise<number> =>
      sysimage('verify', ...words, '--from', shelf(), '--json', ...more);
    const result = (): unknown => JSON.parse(out.trimEnd().split('\n').at(-1) ?? '');
    expect(await verify('--seed', '5')).toBe(words.includes('80%') ? 0 : exitCodes.usage);
    patience = 10;
    expect(await verify()).toBe(exitCodes.interrupted);
    patience = Infinity;
    expect(out).toContain('--resume');
    expect((await versionsThen()).map((version) => at(version, 'verifiedAt'))).toEqual([undefined]);
    expect(await verify('--resume')).toBe(0);
    expect(result()).toMatchObject({ resumed: true, damages: [] });
    const isKnown = words.includes('--subset') ? 'undefined' : 'string';
    expect((await versionsThen()).map((version) => typeof at(version, 'verifiedAt'))).toEqual([isKnown]);
    expect(await verify('--resume')).toBe(0);
    expect(result()).toMatchObject({ resumed: false });
  },
);

test('words that make no sense are refused', async () => {
  await backUp();
  for (const words of [
    ['--subset', '11/10'],
    ['--subset', '0%'],
    ['--seed', '4'],
    ['--subset', '1/2', '--seed', '4'],
  ])
    expect(await sysimage('verify', '--from', shelf(), ...words)).toBe(exitCodes.usage);
  expect(await sysimage('verify', '--from', shelf(), '--resume')).toBe(0);
  expect(err).toContain('Nothing was there to go on with');
});

test('a backup says when nobody read back for too long', async () => {
  const said = async (): Promise<unknown> => {
    expect(
      await sysimage('plan', '--disk', join(folder, 'disk.img'), '--to', shelf(), '--computer', 'desk', '--json'),
    ).toBe(0);
    return at(
      listAt(JSON.parse(out), 'findings').find((finding) => at(finding, 'policy') === 'target/verify-overdue'),
      'outcome',
    );
  };
  await backUp();
  expect(await said()).toBeUndefined();
  now += 36 * 24 * hour;
  expect(await said()).toBe('unknown');
  expect(await sysimage('verify', '--from', shelf(), '--subset', '1/2')).toBe(0);
  expect(await said()).toBe('unknown');
  expect(await sysimage('verify', '--from', shelf(), '--subset', '2/2')).toBe(0);
  expect(await said()).toBeUndefined();
  now += 36 * 24 * hour;
  expect(await said()).toBe('violation');
  writeFileSync(join(folder, 'config.yaml'), 'policies: { verifyWithin: 90 }\n');
  process.env['SYSIMAGE_CONFIG'] = join(folder, 'config.yaml');
  try {
    expect(await said()).toBeUndefined();
  } finally {
    delete process.env['SYSIMAGE_CONFIG'];
  }
});
