import { describe, expect, test } from '@jest/globals';
import { deriveCapabilities, SysimageError, type RandomFile, type Target } from '@sysimage/core/plugin';
import { operations } from '../src/call.js';
import { intercepted } from '../src/intercepted.js';
import { readOnly, retrying, stacked, throttled, traced } from '../src/index.js';
import { everyCall, name, openFile, RecordingTarget } from './recording-target.js';
import { VirtualClock } from './virtual-clock.js';

const clock = new VirtualClock();
const random = { bytes: (length: number): Uint8Array => new Uint8Array(length) };
const retry = { tries: 3, pause: 10, longestPause: 20 };
const wrappers: Readonly<Record<string, (target: Target) => Target>> = {
  'nothing in particular': (target) => intercepted(target, { once: (_, work) => work() }),
  retrying: (target) => retrying(target, { clock, random, ...retry }),
  throttled: (target) => throttled(target, { clock, limit: () => 1e9 }),
  traced: (target) => traced(target, { clock, write: () => undefined }),
  all: (target) => stacked(target, { clock, random, retry, limit: () => 1e9, trace: () => undefined }),
};

test('every operation has its call', () => {
  expect(Object.keys(everyCall)).toEqual(Object.keys(operations));
});

describe.each(Object.entries(wrappers))('%s', (wrapper, wrap) => {
  test.each(Object.entries(everyCall))(
    '%s comes through as it was made, and so does its answer',
    async (_name, call) => {
      const bare = new RecordingTarget();
      const wrapped = new RecordingTarget();
      const wanted = await call(bare.open());
      expect(await call(wrap(wrapped.open()))).toEqual(wanted);
      const withoutChunks = (value: unknown): unknown => (typeof value === 'function' ? 'chunks' : value);
      const calls = ({ calls: all }: RecordingTarget): unknown => all.map((each) => each.map(withoutChunks));
      expect(calls(wrapped)).toEqual(calls(bare));
    },
  );

  test('facts and facets stay, and so do abilities that an open object has not', async () => {
    const target = new RecordingTarget().open();
    const wrapped = wrap(target);
    expect(wrapped.traits).toBe(target.traits);
    expect(Object.keys(wrapped.facets)).toEqual(Object.keys(target.facets));
    expect(wrapped.capabilities).toEqual(deriveCapabilities(target));
    const none = wrap({ ...target, facets: {} });
    expect(none.facets).toEqual({});
    expect(none.capabilities).toEqual(deriveCapabilities({ ...target, facets: {} }));
    const file = await openFile(target);
    const plainFile: RandomFile = {
      size: () => file.size(),
      read: (...args) => file.read(...args),
      write: (...args) => file.write(...args),
      truncate: (...args) => file.truncate(...args),
      flush: () => file.flush(),
      close: () => file.close(),
    };
    const plain = wrap({
      ...target,
      facets: { random: { open: async () => plainFile } },
    });
    expect(Object.keys(await openFile(plain))).not.toContain('deallocate');
    expect(Object.keys(await openFile(plain))).not.toContain('copyFrom');
  });

  test('others may write by number only past a wrapper that has nothing to do with writes', async () => {
    const target = new RecordingTarget().open();
    const inner = await openFile(target);
    let ended = false;
    const lend = async <T>(use: (descriptor: number) => Promise<T>): Promise<T> => use(7);
    const lending = wrap({ ...target, facets: { random: { open: async () => Object.assign(inner, { lend }) } } });
    const file = await openFile(lending);
    expect(Object.keys(file).includes('lend')).toBe(['nothing in particular', 'retrying'].includes(wrapper));
    const answer = file.lend?.(async (descriptor) => {
      await Promise.resolve();
      ended = true;
      return descriptor;
    });
    // What was begun before a flush is in it.
    await file.flush();
    expect(ended).toBe(file.lend !== undefined);
    if (answer !== undefined) expect(await answer).toBe(7);
  });

  test.each(Object.entries(everyCall))('%s: its error comes through', async (operation, call) => {
    const recording = new RecordingTarget();
    const error = new SysimageError('no-space', 'full');
    recording.answer = (asked) => {
      if (asked === operation) throw error;
    };
    await expect(call(wrap(recording.open()))).rejects.toBe(error);
    expect(recording.calls.filter(([asked]) => asked === operation)).toHaveLength(1);
  });
});

describe('read-only', () => {
  const mutations = Object.entries(operations).flatMap(([operation, { changes }]) => (changes ? [operation] : []));

  test.each(Object.entries(everyCall))('%s', async (operation, call) => {
    const recording = new RecordingTarget();
    const work = call(readOnly(recording.open()));
    if (mutations.includes(operation)) {
      await expect(work).rejects.toMatchObject({ code: 'denied', retry: 'never' });
      expect(recording.calls.every(([asked]) => asked === 'random.open')).toBe(true);
    } else {
      const bare = new RecordingTarget();
      expect(await work).toEqual(await call(bare.open()));
      expect(recording.calls).toEqual(bare.calls);
    }
  });

  test.each([{ create: true, exclusive: false }, { exclusive: true }])('open with %j is refused', async (how) => {
    const recording = new RecordingTarget();
    const { random: files } = readOnly(recording.open()).facets;
    await expect(files?.open(name, how)).rejects.toMatchObject({ code: 'denied' });
    expect(recording.calls).toEqual([]);
  });

  test('what it refuses is all that changes something', () => {
    expect(mutations).toEqual([
      'put',
      'remove',
      'random.write',
      'random.truncate',
      'random.deallocate',
      'random.copy',
      'random.flush',
      'batch.begin',
      'batch.put',
      'batch.commit',
      'batch.abort',
      'history.capture',
      'lease.acquire',
      'lease.release',
      'retention.extend',
    ]);
  });

  test('facets and flags are those of the place', () => {
    const target = new RecordingTarget().open();
    expect(Object.keys(readOnly(target).facets)).toEqual(Object.keys(target.facets));
    expect(readOnly(target).capabilities).toEqual(target.capabilities);
  });
});
