import type { Finding } from '@sysimage/core';
import { describeFinding } from '../output/listener.js';
import { paint, type Terminal } from '../output/terminal.js';
import type { Verdict } from './verdict.js';

/** Findings for people, and what they come to. */
export function toText({ findings, failing }: Verdict, passed: number, terminal: Terminal): string {
  const of = (outcome: Finding['outcome']): number => findings.filter((each) => each.outcome === outcome).length;
  const counts = [
    `${of('violation')} found`,
    `${of('unknown')} not known`,
    `${of('suppressed')} suppressed`,
    `${passed} passed`,
  ].join(', ');
  const sum =
    failing.size === 0
      ? `${counts}: nothing that is too grave`
      : `${paint(terminal, 'red', 'failed:')} ${counts}: ${failing.size} too grave`;
  return `${findings.map((finding) => describeFinding(finding, terminal)).join('')}${sum}\n`;
}
