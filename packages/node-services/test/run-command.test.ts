import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { runCommand, type CommandEnd, type CommandRequest } from '../src/index.js';
import { parseProcessStatus } from '../src/process-start.js';

const environment = { PATH: process.env['PATH'] ?? '' };
const run = (words: readonly string[], more: Partial<CommandRequest> = {}): Promise<CommandEnd> =>
  runCommand({ words, environment, timeout: 10_000, ...more });

/** Whether a process runs: the first number of what a command said. One that only waits for its parent to notice does not. */
const isAlive = (said: string): boolean => {
  try {
    const status = readFileSync(`/proc/${/\d+/u.exec(said)?.[0] ?? ''}/stat`, 'utf8');
    return parseProcessStatus(status)?.ended === false;
  } catch {
    return false;
  }
};

test('words go to the program as they are; both outputs and the exit code come back', async () => {
  expect(await run(['printf', '%s|', 'a b', '$HOME', '*'])).toEqual({
    outcome: 'done',
    exitCode: 0,
    output: 'a b|$HOME|*|',
  });
  expect(await run(['sh', '-c', 'echo out; echo err >&2; exit 7'])).toMatchObject({
    outcome: 'failed',
    exitCode: 7,
    output: expect.stringMatching(/out\n[^]*err\n|err\n[^]*out\n/u) as unknown,
  });
  expect(await run(['cat'], { input: 'what it reads' })).toMatchObject({ output: 'what it reads' });
  expect(await run(['true'], { input: 'x'.repeat(1e6) })).toMatchObject({ outcome: 'done' });
});

test('it sees the environment that it was given, and nothing else', async () => {
  process.env['NOT_FOR_COMMANDS'] = 'secret';
  const { output } = await run(['env'], { environment: { ...environment, MINE: '1' } });
  delete process.env['NOT_FOR_COMMANDS'];
  expect(output).toContain('MINE=1');
  expect(output).not.toContain('NOT_FOR_COMMANDS');
});

test('what cannot be started is told', async () => {
  expect(await run(['/no/such/program'])).toEqual({ outcome: 'not-started', systemCode: 'ENOENT', output: '' });
  expect(await run(['/etc/passwd'])).toMatchObject({ outcome: 'not-started', systemCode: 'EACCES' });
  expect(await run(['a\0b'])).toMatchObject({ outcome: 'not-started' });
});

test('only the end of much output is kept', async () => {
  const { output } = await run(['sh', '-c', 'yes line | head -c 3000000; echo last']);
  expect(output.length).toBeLessThanOrEqual(16 * 1024);
  expect(output).toMatch(/last\n$/u);
});

test('when its time is over the whole group goes, also what does not listen', async () => {
  const gentle = await run(['sh', '-c', 'sleep 60 & echo $!; wait'], { timeout: 200, grace: 400 });
  expect(gentle).toMatchObject({ outcome: 'timeout', output: expect.stringMatching(/^\d+\n$/u) as unknown });
  expect(isAlive(gentle.output)).toBe(false);
  const deaf = await run(['sh', '-c', `trap '' TERM; sh -c 'trap "" TERM; echo $$; sleep 60; sleep 60' & wait; wait`], {
    timeout: 200,
    grace: 200,
  });
  expect(deaf.outcome).toBe('timeout');
  expect(isAlive(deaf.output)).toBe(false);
});

test('a time that no timer of Node can wait for is waited for all the same', async () => {
  expect(await run(['sleep', '0.1'], { timeout: 2 ** 31 })).toMatchObject({ outcome: 'done' });
});

test('a signal stops it, before and while it runs', async () => {
  expect(await run(['true'], { signal: AbortSignal.abort() })).toEqual({ outcome: 'cancelled', output: '' });
  expect(await run(['sleep', '60'], { signal: AbortSignal.timeout(100) })).toMatchObject({ outcome: 'cancelled' });
});

test('what goes on in the background is not waited for', async () => {
  const started = Date.now();
  const { outcome, output } = await run(['sh', '-c', 'sleep 30 & echo $!']);
  expect([outcome, isAlive(output)]).toEqual(['done', true]);
  expect(Date.now() - started).toBeLessThan(10_000);
  process.kill(Number(output));
});
