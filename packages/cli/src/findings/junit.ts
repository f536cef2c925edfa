import type { Finding } from '@sysimage/core';
import type { Verdict } from './verdict.js';

/**
 * Findings as a JUnit report, as CI servers read it: a test case for each finding and for each rule that passed. A finding for which
 * the check fails is a failure; what is not known and what is suppressed is skipped; all others pass, with their words as output.
 */
export function toJunit({ findings, failing }: Verdict, passed: readonly Finding[]): string {
  const all = [...findings, ...passed.filter((finding) => !findings.includes(finding))];
  const skipped = all.filter(isSkipped).length;
  const counts = `tests="${all.length}" failures="${failing.size}" errors="0" skipped="${skipped}" time="0"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="sysimage policy check" ${counts}>`,
    `  <testsuite name="policies" ${counts}>`,
    ...all.map((finding) => testCase(finding, failing.has(finding))),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function isSkipped({ outcome }: Finding): boolean {
  return outcome === 'unknown' || outcome === 'suppressed';
}

function testCase(finding: Finding, isFailing: boolean): string {
  const { policy, subject, outcome } = finding;
  const start = `    <testcase classname="${escape(policy)}" name="${escape(subject)}" time="0"`;
  return outcome === 'pass' ? `${start}/>` : `${start}>${bodyOf(finding, isFailing)}</testcase>`;
}

function bodyOf(finding: Finding, isFailing: boolean): string {
  const { severity, outcome, message, remedy, suppression } = finding;
  const words = [message, remedy].filter((text) => text !== undefined).join('\n');
  if (isFailing) return `<failure type="${severity}" message="${escape(message)}">${escape(words)}</failure>`;
  const why =
    suppression === undefined
      ? `not known: ${message}`
      : `suppressed until ${suppression.expires}: ${suppression.reason}`;
  if (isSkipped(finding)) return `<skipped message="${escape(why)}"/>`;
  return `<system-out>${escape(`${severity} ${outcome}: ${words}`)}</system-out>`;
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Labels of disks get in here: XML 1.0 has no way to write most control characters (§2.2), not even as references. */
function escape(text: string): string {
  return (
    text
      // oxlint-disable-next-line no-control-regex
      .replaceAll(/[\p{Cs}\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff]/gu, '?')
      .replaceAll(/[&<>"]/gu, (character) => entities[character] ?? character)
  );
}
