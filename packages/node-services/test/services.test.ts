import { execFileSync } from 'node:child_process';
import { expect, jest, test } from '@jest/globals';
import { createClock, createLog, createRandom } from '../src/index.js';

test('the clock calls back once, or not when it is cancelled', async () => {
  const clock = createClock();
  const calls: string[] = [];
  const cancel = clock.after(1, () => calls.push('cancelled'));
  cancel();
  await new Promise<void>((resolve) => {
    clock.after(1, () => calls.push('short'));
    clock.after(2 ** 40, () => calls.push('much too early'))();
    const late = clock.after(2 ** 40, () => calls.push('much too early'));
    setTimeout(() => {
      late();
      resolve();
    }, 30);
  });
  expect(calls).toEqual(['short']);
  expect(Math.abs(clock.now().getTime() - Date.now())).toBeLessThan(1000);
});

test('a waiting clock does not keep the process alive', () => {
  const url = new URL('../src/index.js', import.meta.url).href;
  const script = `import(${JSON.stringify(url)}).then(({ createClock }) => createClock().after(60000, () => {}))`;
  execFileSync(process.execPath, ['-e', script], { timeout: 20_000 });
});

test('a sleep ends in time, or at once when it is no longer wanted', async () => {
  const clock = createClock();
  await clock.sleep(1);
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 1);
  await clock.sleep(2 ** 40, controller.signal);
  await clock.sleep(2 ** 40, controller.signal);
});

test('time that passed is told by a clock that nobody sets', async () => {
  const clock = createClock();
  const before = clock.elapsed();
  const set = jest.spyOn(Date, 'now').mockReturnValue(0);
  await clock.sleep(50);
  set.mockRestore();
  expect(clock.elapsed() - before).toBeGreaterThanOrEqual(30);
  expect(clock.elapsed() - before).toBeLessThan(30_000);
});

test('random bytes are as many as asked for, and others each time', () => {
  const random = createRandom();
  expect(random.bytes(0)).toHaveLength(0);
  expect(random.bytes(100_000)).toHaveLength(100_000);
  expect(random.bytes(16)).not.toEqual(random.bytes(16));
});

test('the log writes one JSON object a line', () => {
  const lines: string[] = [];
  const log = createLog(
    (line) => lines.push(line),
    () => new Date(0),
  );
  log.write('put', { name: 'a\nb', size: 3, event: 'not this' });
  log.write('done');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    { name: 'a\nb', size: 3, time: '1970-01-01T00:00:00.000Z', event: 'put' },
    { time: '1970-01-01T00:00:00.000Z', event: 'done' },
  ]);
  expect(lines.join('')).not.toContain('\n');
});
