import { writeFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import type { Finding } from '@sysimage/core';
import { attempt, makeScratch } from '@sysimage/fixtures';
import { toJunit } from '../src/findings/junit.js';
import { judge } from '../src/findings/verdict.js';

/** Every character below U+0300 and the odd ones above, because labels of disks get into messages. */
const hostile = [...Array(0x300).keys(), 0xd800, 0xdfff, 0xfffe, 0xffff, 0x1f4be].map((code) =>
  String.fromCodePoint(code),
);

test('whatever stands on a disk, xmllint reads the report', async () => {
  await using scratch = await makeScratch();
  const outcomes = ['violation', 'unknown', 'suppressed', 'pass'] as const;
  const findings = outcomes.flatMap((outcome) =>
    [hostile.join(''), ']]>', '<!--', '&lt;', '"\''].map((text): Finding => ({
      policy: 'target/free-space',
      severity: 'error',
      outcome,
      subject: text,
      message: text,
      remedy: text,
      ...(outcome === 'suppressed' ? { suppression: { reason: text, expires: '2027-01-31' } } : {}),
    })),
  );
  for (const failOn of ['info', 'block'] as const) {
    const path = scratch.at(`${failOn}.xml`);
    await writeFile(path, toJunit(judge(findings, { failOn }), []));
    const { code, stderr } = await attempt('xmllint', '--noout', path);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { stdout } = await attempt('xmllint', '--xpath', 'count(//testcase)', path);
    expect(stdout.trim()).toBe('20');
  }
});
