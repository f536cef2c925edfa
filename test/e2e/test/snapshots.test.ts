import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import {
  constant,
  createEngine,
  SysimageError,
  snapshotOperation,
  tokens,
  type BackupRequest,
  type MountedVolume,
  type SnapshotOffer,
  type SnapshotProvider,
  type SourceMount,
  type Target,
  type VersionRecord,
} from '@sysimage/core';
import { plugin } from '@sysimage/policies-recommended';
import { createMemoryTarget } from '@sysimage/target-memory';
import { runHere, ToyDisk, Workbench } from '../src/index.js';

// What the engine makes of providers of snapshots.

const mebibyte = 1024 * 1024;
const frozen: SnapshotOffer = { consistency: 'frozen', how: 'frozen for the test' };

/** Keeps a copy of the disk from the moment of `take` on; tells what is asked of it. */
class CopyProvider implements SnapshotProvider {
  isLost = false;
  readonly offered: MountedVolume[] = [];
  readonly name: string;
  readonly #answer: SnapshotOffer;
  readonly #bytes: () => Uint8Array;
  readonly #story: string[];
  /** What cannot be let go. */
  stuck: SysimageError | undefined;
  /** Called when the copy is made. */
  onTaken: () => void = () => undefined;

  constructor(name: string, answer: SnapshotOffer, bytes: () => Uint8Array, story: string[]) {
    this.name = name;
    this.#answer = answer;
    this.#bytes = bytes;
    this.#story = story;
  }

  async tidy(): Promise<void> {
    throw new Error('it cannot be tidied');
  }

  async offer(volume: MountedVolume): Promise<SnapshotOffer> {
    this.offered.push(volume);
    return this.#answer;
  }

  async hold(volumes: readonly MountedVolume[]): ReturnType<SnapshotProvider['hold']> {
    this.#story.push(`${this.name} holds ${volumes.map(({ disk }) => disk).join(' ')}`);
    return {
      take: async () => {
        this.#story.push(`${this.name} takes`);
        const copy = this.#bytes().slice();
        this.onTaken();
        return volumes.map(({ disk, start, size }) => ({
          disk,
          start,
          end: start + size,
          read: async (offset: number, into: Uint8Array) => into.set(copy.subarray(offset, offset + into.length)),
        }));
      },
      assertIntact: () => {
        if (this.isLost) throw new SysimageError('busy', 'it is thawed', { operation: snapshotOperation });
      },
      release: async () => {
        this.#story.push(`${this.name} lets go`);
        if (this.stuck !== undefined) throw this.stuck;
      },
    };
  }
}

interface Scene {
  readonly bench: Workbench;
  readonly disk: ToyDisk;
  readonly target: Target;
  readonly providers: readonly CopyProvider[];
  /** What providers were told to do, in order. */
  readonly story: string[];
  backUp(extra?: Partial<BackupRequest>): Promise<VersionRecord>;
}

/** A disk whose only volume is mounted for writing, and providers that say this of it. */
function sceneOf(...answers: readonly SnapshotOffer[]): Scene {
  const disk = new ToyDisk(8 * mebibyte);
  for (let block = 64; block < 512; block += 1) disk.fill(block, 1);
  const story: string[] = [];
  const providers = answers.map((answer, i) => new CopyProvider(`copy-${i}`, answer, () => disk.bytes, story));
  const bench = new Workbench((services) => createEngine({ ...services, snapshots: providers }));
  bench.disks.mounts.set('disk.img', [mount]);
  const target = createMemoryTarget();
  const policies = plugin.policies ?? [];
  return {
    bench,
    disk,
    target,
    providers,
    story,
    backUp: (extra) => bench.backup(target, disk, { policies, ...extra }),
  };
}

const mount: SourceMount = { offset: mebibyte, fileSystem: 'file-system:1:1', mountPoint: '/data', readOnly: false };

test('a version holds what the snapshot holds, and nothing of what is written after', async () => {
  const scene = sceneOf(frozen);
  const [copy] = scene.providers;
  let before = new Uint8Array(0);
  if (copy !== undefined) {
    copy.onTaken = () => {
      before = scene.disk.bytes.slice();
      for (let block = 64; block < 600; block += 1) scene.disk.fill(block, 7);
    };
  }
  const version = await scene.backUp();
  expect(version).toMatchObject({
    consistency: 'frozen',
    disks: [{ layout: { volumes: [{ consistency: 'frozen', snapshot: 'copy-0', copied: 'used' }] } }],
  });
  expect(scene.story).toEqual(['copy-0 holds disk.img', 'copy-0 takes', 'copy-0 lets go']);
  const restored = await scene.bench.restore(scene.target, version.id);
  const used = (at: number): boolean => Math.floor((at - mebibyte) / 4096) < 512;
  for (let at = 0; at < 600 * 4096 + mebibyte; at += 512) {
    if (used(at)) expect(restored[at]).toBe(before[at]);
    else expect(restored[at]).toBe(0);
  }
});

test('nobody is held up before a block of the rules, or for a plan', async () => {
  const scene = sceneOf({ whyNot: 'it is needed' });
  await expect(scene.backUp()).rejects.toMatchObject({ code: 'policy', message: expect.stringContaining('/data') });
  await expect(scene.backUp()).rejects.toMatchObject({ message: expect.stringContaining('copy-0: it is needed') });
  expect(scene.story).toEqual([]);
  expect(await scene.backUp({ allowLive: true })).toMatchObject({ consistency: 'live' });
  const willing = sceneOf(frozen);
  await expect(willing.backUp({ snapshot: 'none' })).rejects.toMatchObject({ code: 'policy' });
  await expect(willing.backUp({ snapshot: 'other' })).rejects.toMatchObject({ code: 'invalid' });
  expect(willing.story).toEqual([]);
  expect(willing.providers[0]?.offered).toEqual([]);
});

test('of several offers the best counts, and of equal ones the first', async () => {
  const crash: SnapshotOffer = { consistency: 'crash', how: 'as after a power cut' };
  const better = sceneOf(crash, frozen, frozen);
  expect(await better.backUp()).toMatchObject({ consistency: 'frozen' });
  expect(better.story[0]).toBe('copy-1 holds disk.img');
  expect(await better.backUp({ snapshot: 'copy-0' })).toMatchObject({
    consistency: 'crash',
    disks: [{ layout: { volumes: [{ copied: 'whole' }] } }],
  });
});

test('what is held is let go whatever fails', async () => {
  const scene = sceneOf(frozen);
  const [copy] = scene.providers;
  if (copy === undefined) throw new Error('no provider');
  copy.onTaken = () => {
    throw new SysimageError('busy', 'it cannot be taken', { operation: snapshotOperation });
  };
  await expect(scene.backUp()).rejects.toMatchObject({ message: 'it cannot be taken' });
  expect(scene.story.at(-1)).toBe('copy-0 lets go');
  copy.onTaken = () => void (copy.isLost = true);
  await expect(scene.backUp()).rejects.toMatchObject({ message: 'it is thawed' });
  expect(scene.story.at(-1)).toBe('copy-0 lets go');
  expect(await scene.bench.verify(scene.target).catch((error: unknown) => error)).toMatchObject({ code: 'not-found' });
});

test('a volume that was let go too early is live: taken as it is where that is allowed', async () => {
  const scene = sceneOf(frozen);
  const [copy] = scene.providers;
  if (copy !== undefined) copy.onTaken = () => void (copy.isLost = true);
  const version = await scene.backUp({ allowLive: true });
  expect(version).toMatchObject({ consistency: 'live', disks: [{ layout: { volumes: [{ copied: 'whole' }] } }] });
  expect(scene.story.filter((line) => line.endsWith('lets go'))).toHaveLength(1);
});

test('all volumes of a run are held before the first is taken', async () => {
  const scene = sceneOf(frozen, frozen);
  const disks = [scene.disk, new ToyDisk(8 * mebibyte, 0x77)];
  const [first, second] = scene.providers;
  const offer = first?.offer.bind(first);
  if (first === undefined || second === undefined || offer === undefined) throw new Error('no provider');
  first.offer = (volume) => (volume.disk === 'disk-1.img' ? Promise.resolve({ whyNot: 'no' }) : offer(volume));
  for (const path of ['disk-0.img', 'disk-1.img']) scene.bench.disks.mounts.set(path, [mount]);
  await scene.bench.backupAll(scene.target, disks);
  expect(scene.story).toEqual([
    'copy-1 holds disk-1.img',
    'copy-0 holds disk-0.img',
    'copy-0 takes',
    'copy-1 takes',
    'copy-1 lets go',
    'copy-0 lets go',
  ]);
});

test('what cannot be let go, or tidied, is told, and the version is complete', async () => {
  const scene = sceneOf(frozen);
  const [copy] = scene.providers;
  const remedy = 'Remove it: lvremove --yes office/sysimage-0';
  if (copy !== undefined) copy.stuck = new SysimageError('busy', 'it cannot be removed', { remedy });
  const { id, findings } = await scene.backUp();
  const left = scene.bench.events.flatMap((event) =>
    event.event === 'finding' && event.finding.policy === 'source/snapshot-left' ? event.finding : [],
  );
  expect(left).toMatchObject([
    { severity: 'warn', message: 'it cannot be tidied' },
    { severity: 'error', message: 'it cannot be removed', remedy },
  ]);
  // It was not known when the version was committed.
  expect(findings.map(({ policy }) => policy)).not.toContain('source/snapshot-left');
  expect(await scene.bench.restore(scene.target, id)).toHaveLength(8 * mebibyte);
});

test('the command ends with 3 when something stays, and says what to do', async () => {
  const scene = sceneOf(frozen);
  const [copy] = scene.providers;
  const folder = await mkdtemp(join(tmpdir(), 'sysimage-left-'));
  scene.bench.disks.disks.set('disk.img', scene.disk.bytes);
  const services = [constant(tokens.disks, scene.bench.disks), constant(tokens.snapshots, scene.providers)];
  const backUp = (): ReturnType<typeof runHere> =>
    runHere(['backup', '--disk', 'disk.img', '--to', `dir:${folder}`, '--computer', 'pc'], services);
  expect(await backUp()).toMatchObject({ code: 0 });
  if (copy !== undefined) copy.stuck = new SysimageError('busy', 'it stays', { remedy: 'Remove it: lvremove it' });
  const { code, stdout, stderr } = await backUp();
  expect([code, stdout + stderr]).toEqual([3, expect.stringContaining('Remove it: lvremove it')]);
  await rm(folder, { recursive: true });
});

test('a volume that is thawed after its last byte was read, before anybody heard of it, makes no version', async () => {
  const scene = sceneOf(frozen);
  const [copy] = scene.providers;
  // Nobody knows what is on it, so nothing of it is looked at again.
  scene.disk.bytes.fill(0, mebibyte, 2 * mebibyte);
  const target = createMemoryTarget({
    onCall: ({ operation }) => {
      if (operation === 'flush' && copy !== undefined) copy.isLost = true;
    },
  });
  await expect(scene.bench.backup(target, scene.disk)).rejects.toMatchObject({ message: 'it is thawed' });
  expect(target.store.names().filter((name) => name.includes('/versions/'))).toEqual([]);
});
