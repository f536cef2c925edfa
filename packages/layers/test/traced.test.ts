import { expect, test } from '@jest/globals';
import { SysimageError, type Target } from '@sysimage/core/plugin';
import { traced } from '../src/index.js';
import { bytes, everyCall, must, name, RecordingTarget } from './recording-target.js';
import { VirtualClock } from './virtual-clock.js';

const time = '2026-01-01T00:00:00.000Z';

async function traceOf(
  recording: RecordingTarget,
  use: (target: Target, clock: VirtualClock) => Promise<unknown>,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const lines: string[] = [];
  const clock = new VirtualClock();
  await use(traced(recording.open(), { clock, write: (line) => lines.push(line) }), clock).catch(() => undefined);
  for (const line of lines) expect(line).not.toContain('\n');
  return lines.map((line): Readonly<Record<string, unknown>> => JSON.parse(line));
}

const object = (operation: string, more: object): object => ({
  time,
  operation,
  name,
  milliseconds: 0,
  outcome: 'done',
  ...more,
});

test.each(Object.entries(everyCall))('%s: one line for every call', async (operation, call) => {
  const recording = new RecordingTarget();
  const lines = await traceOf(recording, call);
  // What only looks at the lease here asks nobody.
  expect(lines).toHaveLength(recording.calls.filter(([asked]) => asked !== 'lease.assertHeld').length);
  const [facet, word] = operation.includes('.') ? operation.split('.') : [undefined, operation];
  const line = lines.at(-1);
  expect(line).toMatchObject({ time, operation: word, milliseconds: 0, outcome: 'done' });
  expect(line?.['facet']).toBe(facet);
});

test('ranges and bytes stand in it, and no content', async () => {
  const line = async (operation: string): Promise<unknown> =>
    (await traceOf(new RecordingTarget(), must(everyCall[operation]))).at(-1);
  expect(await line('put')).toEqual(object('put', { ranges: [[0, 3]], bytes: 3 }));
  expect(await line('get')).toEqual(object('get', { ranges: [[0, 3]], bytes: 3 }));
  expect(await line('random.read')).toEqual(object('read', { facet: 'random', ranges: [[1, 3]], bytes: 2 }));
  expect(await line('random.write')).toEqual(object('write', { facet: 'random', ranges: [[1, 4]], bytes: 3 }));
  expect(await line('media.locate')).toEqual(object('locate', { facet: 'media', ranges: [[0, 2]] }));
  expect(await line('batch.begin')).toEqual(object('begin', { facet: 'batch', name: 'i' }));
  expect(await line('list')).toEqual(object('list', { name: '' }));
});

test.each(Object.entries(everyCall))(
  '%s: a failure is a code, without the words of anybody',
  async (operation, call) => {
    for (const [error, outcome] of [
      [new SysimageError('no-space', 'SECRET of the server'), 'no-space'],
      [new Error('SECRET'), 'internal'],
    ] as const) {
      const recording = new RecordingTarget();
      recording.answer = (asked) => {
        if (asked === operation) throw error;
      };
      const lines = await traceOf(recording, call);
      expect(lines.at(-1)).toMatchObject({ outcome });
      expect(lines.at(-1)?.['bytes'] ?? 0).toBe(0);
      expect(JSON.stringify(lines)).not.toContain('SECRET');
    }
  },
);

test('how long it took, and what had moved when it ended early', async () => {
  const inner: Target = {
    ...new RecordingTarget().open(),
    async *get() {
      yield bytes;
      yield bytes;
      throw new SysimageError('unavailable', 'cut');
    },
  };
  const lines: string[] = [];
  const clock = new VirtualClock();
  const target = traced(inner, { clock, write: (line) => lines.push(line) });
  const read = async (most: number): Promise<void> => {
    let count = 0;
    for await (const _ of target.get(name, { start: 0, end: 9 })) {
      clock.time += 20;
      count += 1;
      if (count === most) break;
    }
  };
  await read(1);
  await expect(read(9)).rejects.toMatchObject({ code: 'unavailable' });
  await target.put(name, 6, async function* given() {
    yield bytes;
    clock.time += 5;
    yield bytes;
  });
  expect(lines.map((line): unknown => JSON.parse(line))).toMatchObject([
    { bytes: 3, milliseconds: 20, outcome: 'left' },
    { bytes: 6, milliseconds: 40, outcome: 'unavailable' },
    { bytes: 6, milliseconds: 5, outcome: 'done' },
  ]);
});
