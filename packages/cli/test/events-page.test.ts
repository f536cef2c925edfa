import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { runEventSchemas } from '../src/run/run-event-schemas.js';
import { commandEnvironment } from '../src/hooks/command-environment.js';
import { hookFacts } from '../src/notifications/notification-facts.js';
import { placeOf } from '../src/run/invocation.js';

const page = new URL('../../../../docs/events.md', import.meta.url);

/** One value, or one a line. */
function valuesIn(block: string): readonly unknown[] {
  try {
    return [JSON.parse(block)];
  } catch {
    return block
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
  }
}

const named = z.looseObject({ event: z.string() });

test('the page has an example of every event, and each is as its schema says', async () => {
  const blocks = [...(await readFile(page, 'utf8')).matchAll(/^```json\n([^]*?)^```$/gmu)].map(([, text = '']) => text);
  const events = blocks.flatMap(valuesIn).flatMap((value) => {
    const { success, data } = named.safeParse(value);
    return success ? [data] : [];
  });
  for (const event of events) {
    const schema = Object.entries(runEventSchemas).find(([name]) => name === event.event)?.[1];
    expect([event.event, schema?.safeParse(event)]).toEqual([event.event, expect.objectContaining({ success: true })]);
  }
  const shown = new Set(events.map(({ event }) => event));
  expect([...shown].toSorted()).toEqual(Object.keys(runEventSchemas).toSorted());
});

test('every variable of a hook is on the page', async () => {
  const text = await readFile(page, 'utf8');
  const run = { command: 'backup', job: 'j', target: 't', computer: 'c' };
  const facts = hookFacts('after', run, { status: 'done', exitCode: 0, version: 'v', location: 'l', error: {} });
  for (const name of Object.keys(facts)) expect(text).toMatch(new RegExp(`\`(?:SYSIMAGE)?_${name}\``, 'u'));
});

test('a command gets the usual variables, those that it asks for, and what is told; no other', () => {
  const own = {
    PATH: '/bin',
    LC_ALL: 'C',
    AWS_SECRET_ACCESS_KEY: 's',
    SYSIMAGE_SMB_PASSWORD: 's',
    MINE: 'm',
    PATHS: 'x',
  };
  expect(
    commandEnvironment(own, ['MINE', 'NONE'], { EVENT: 'before', EXIT_CODE: 0, JOB: undefined, ERROR: 'a\0b' }),
  ).toEqual({
    PATH: '/bin',
    LC_ALL: 'C',
    MINE: 'm',
    SYSIMAGE_EVENT: 'before',
    SYSIMAGE_EXIT_CODE: '0',
    SYSIMAGE_ERROR: 'ab',
  });
});

test.each([
  ['nas', 'nas'],
  ['dir:/mnt/a:b@c', 'dir:/mnt/a:b@c'],
  ['smb://anna@nas/backup', 'smb://anna@nas/backup'],
  ['smb://anna:pa#s?s/w@rd@nas/backup?versions=keep', 'smb://anna@nas/backup'],
  ['s3://bucket/prefix?endpoint=https://key:secret@host', 's3://bucket/prefix'],
])('%s is told as %s', (reference, told) => {
  expect(placeOf(reference)).toBe(told);
});
