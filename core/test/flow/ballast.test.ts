import { randomFillSync } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { SysimageError, type ErrorCode } from '../../src/contract/errors.js';
import type { Target, TargetTraits } from '../../src/contract/target.js';
import { ballastSize, keepBallast, withBallast } from '../../src/flow/ballast.js';
import { hasher } from '../hasher.js';
import { MemoryFile } from '../memory-file.js';
import { memoryTarget, type TargetCall } from '../memory-target.js';
import { names } from '../records.js';

const gibibyte = 1024 ** 3;
type Room = { readonly total?: number; readonly free?: number };

class Bench {
  readonly objects = new Map<string, MemoryFile>();
  readonly logged: string[] = [];
  readonly calls: string[] = [];
  refuse: (call: TargetCall, name: string) => void = () => undefined;

  target(room: Room | undefined, traits: Partial<TargetTraits> = {}): Target {
    const target = memoryTarget(this.objects, {
      traits,
      before: async (call, name) => {
        this.calls.push(`${call} ${name}`);
        this.refuse(call, name);
        return Promise.resolve();
      },
    });
    if (room === undefined) return target;
    return { ...target, facets: { ...target.facets, capacity: { read: () => Promise.resolve(room) } } };
  }

  async keep(room: Room | undefined, needed = 0, traits: Partial<TargetTraits> = {}): Promise<boolean> {
    const random = { bytes: (length: number) => randomFillSync(new Uint8Array(length)) };
    const log = { write: (event: string): void => void this.logged.push(event) };
    await keepBallast(this.target(room, traits), names, needed, { random, log });
    return this.objects.get(names.ballast)?.bytes.length === ballastSize;
  }

  putBallast(size = ballastSize): void {
    this.objects.set(names.ballast, MemoryFile.of(new Uint8Array(size)));
  }
}

const failing = (code: ErrorCode): SysimageError => new SysimageError(code, code);

test('ballast is put on a target of at least 4 GiB that tells of its room, and has more than is needed', async () => {
  const large = { total: 4 * gibibyte, free: gibibyte };
  expect(await new Bench().keep(large)).toBe(true);
  expect(await new Bench().keep(large, gibibyte - ballastSize)).toBe(true);
  expect(await new Bench().keep(large, gibibyte - ballastSize + 1)).toBe(false);
  expect(await new Bench().keep({ ...large, total: 4 * gibibyte - 1 })).toBe(false);
  expect(await new Bench().keep({ free: gibibyte })).toBe(false);
  expect(await new Bench().keep({ total: 4 * gibibyte })).toBe(false);
  expect(await new Bench().keep(undefined)).toBe(false);
  expect(await new Bench().keep(large, 0, { writeOnce: true })).toBe(false);
});

test('it is of random bytes, stays when it is there, and is put again when it is not whole', async () => {
  const large = { total: 5 * gibibyte, free: gibibyte };
  const bench = new Bench();
  await bench.keep(large);
  const bytes = bench.objects.get(names.ballast)?.bytes ?? new Uint8Array(0);
  const chunks = Array.from({ length: 256 }, (_, i) => hasher.digest(bytes.subarray(i * 65_536, (i + 1) * 65_536)));
  expect(new Set(chunks.map((digest) => Buffer.from(digest).toString('hex'))).size).toBe(256);
  expect(gzipSync(bytes, { level: 1 }).length).toBeGreaterThan(ballastSize * 0.95);
  bench.calls.length = 0;
  await bench.keep(large);
  expect(bench.calls).toEqual([`stat ${names.ballast}`]);
  bench.putBallast(ballastSize - 1);
  expect(await bench.keep(large)).toBe(true);
});

test('where it cannot be put, the log says so and nothing ends', async () => {
  const bench = new Bench();
  bench.refuse = () => {
    throw failing('no-space');
  };
  expect(await bench.keep({ total: 5 * gibibyte, free: gibibyte })).toBe(false);
  expect(bench.logged).toEqual(['ballast-not-put']);
});

test('when there is no room the ballast goes, and what needed it is done once more', async () => {
  const bench = new Bench();
  bench.putBallast();
  const work = async (): Promise<string> => {
    if (bench.objects.has(names.ballast)) throw failing('no-space');
    return Promise.resolve('done');
  };
  expect(await withBallast(bench.target(undefined), names, work)).toBe('done');
});

test('nothing is tried twice for another reason, or where there is no ballast', async () => {
  for (const [code, isThere] of [
    ['denied', true],
    ['no-space', false],
  ] as const) {
    const bench = new Bench();
    if (isThere) bench.putBallast();
    let tries = 0;
    const work = async (): Promise<never> => {
      tries += 1;
      return Promise.reject(failing(code));
    };
    await expect(withBallast(bench.target(undefined), names, work)).rejects.toMatchObject({ code });
    expect([tries, bench.objects.has(names.ballast)]).toEqual([1, isThere]);
  }
});

test('a target that is full all the same, or that cannot remove the ballast, fails for want of room', async () => {
  for (const call of ['nothing', 'stat', 'remove'] as const) {
    const bench = new Bench();
    bench.putBallast();
    bench.refuse = (one) => {
      if (one === call) throw failing('unavailable');
    };
    const work = (): Promise<never> => Promise.reject(failing('no-space'));
    await expect(withBallast(bench.target(undefined), names, work)).rejects.toMatchObject({ code: 'no-space' });
  }
});
