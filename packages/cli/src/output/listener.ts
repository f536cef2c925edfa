import type { Clock, Finding } from '@sysimage/core';
import { describeHook } from '../hooks/run-hook.js';
import { describeTold } from '../notifications/tell.js';
import type { ResultFacts, RunEvent, TakeEvent } from '../run/run-event.js';
import { thinned } from '../run/thinned.js';
import { describeDamage } from './describe-damage.js';
import { formatBytes, printable } from './format.js';
import { Progress } from './progress.js';
import { paint, type Style, type Terminal } from './terminal.js';

/** How a command tells what it does. */
export interface Listener {
  readonly take: TakeEvent;
  /** Says something to people, between the events. */
  readonly say: (text: string) => void;
  /** The same, also with --quiet, and to programs. */
  readonly warn: (text: string) => void;
  /** The last word. */
  readonly result: (facts: ResultFacts) => void;
}

/** Shows events: as lines of JSON for programs, as words and a moving line for people, or not at all. */
export interface Display {
  readonly take: TakeEvent;
  readonly say: (text: string) => void;
}

/** Milliseconds between two lines of JSON about how far it is. */
const progressEvery = 1000;

export function createDisplay(
  terminal: Terminal,
  clock: Clock,
  options: { readonly json: boolean; readonly quiet: boolean },
): Display {
  if (options.json) {
    const take: TakeEvent = (event) => terminal.out(`${JSON.stringify(event)}\n`);
    return { take: thinned(take, clock, progressEvery), say: () => undefined };
  }
  const progress = new Progress(terminal, clock);
  const say = (text: string): void => {
    progress.clear();
    terminal.err(text);
  };
  return {
    take: (event) => {
      const words = wordsFor(event, terminal);
      if (words !== undefined && !(options.quiet && words.quiet)) say(words.text);
      if (!options.quiet) progress.take(event);
    },
    say: (text) => {
      if (!options.quiet) say(text);
    },
  };
}

interface Words {
  readonly text: string;
  /** May be left out with --quiet. */
  readonly quiet: boolean;
}

function wordsFor(event: RunEvent, terminal: Terminal): Words | undefined {
  if (event.event === 'finding') {
    const grave = event.finding.severity === 'error' || event.finding.severity === 'block';
    return { text: describeFinding(event.finding, terminal), quiet: !grave };
  }
  if (event.event === 'recovered') {
    return { text: `  took back the unfinished run ${event.run}; every complete version is as it was\n`, quiet: true };
  }
  if (event.event === 'resumed') {
    return { text: `  goes on with the unfinished first backup ${event.run}\n`, quiet: true };
  }
  if (event.event === 'unreadable') {
    const where = `disk ${event.disk}, bytes ${event.start} to ${event.end}`;
    return { text: `${paint(terminal, 'red', 'unreadable:')} ${where}: zeros stand there\n`, quiet: false };
  }
  if (event.event === 'damage') {
    return { text: `${paint(terminal, 'red', 'damaged:')} ${describeDamage(event.damage)}\n`, quiet: false };
  }
  if (event.event === 'warning') return { text: warning(event.message, terminal), quiet: false };
  if (event.event === 'hook') {
    // What stops the run is said as the error that it is.
    const isWarning = event.outcome !== 'done' && event.mode === 'optional';
    const words = printable(describeHook(event));
    return isWarning ? { text: warning(words, terminal), quiet: false } : { text: `  ${words}\n`, quiet: true };
  }
  if (event.event === 'notification') {
    const words = printable(describeTold(event));
    const isSent = event.outcome === 'sent';
    return { text: isSent ? `  ${words}\n` : warning(words, terminal), quiet: isSent };
  }
  if (event.event === 'plan') {
    const { plan } = event;
    const lines = plan.disks.map(
      (disk) =>
        `  disk ${disk.index}: ${printable(disk.path)}, ${formatBytes(disk.layout.size)}, ${formatBytes(disk.bytesToRead)} to read${disk.incremental ? ', only changes are written' : ''}`,
    );
    return { text: `${lines.join('\n')}\n`, quiet: true };
  }
  return undefined;
}

function warning(words: string, terminal: Terminal): string {
  return `${paint(terminal, 'yellow', 'warning:')} ${words}\n`;
}

const styles = { off: 'dim', info: 'dim', warn: 'yellow', error: 'red', block: 'red' } as const satisfies Record<
  string,
  Style
>;
/** A finding of severity `error` does not stop a backup, so it must not look as if the backup had failed. */
const labels = { off: 'off', info: 'note', warn: 'warning', error: 'serious', block: 'refused' } as const;

export function describeFinding(finding: Finding, terminal: Terminal): string {
  const { severity, message, policy, remedy, suppression } = finding;
  const style = finding.outcome === 'pass' || suppression !== undefined ? 'dim' : styles[severity];
  const head = `${paint(terminal, style, `${labelOf(finding)}:`)} ${printable(message)} ${paint(terminal, 'dim', `[${policy}]`)}`;
  // Of what is accepted, why it is matters more than what could be done.
  const more = suppression === undefined ? remedy : suppression.reason;
  return more === undefined ? `${head}\n` : `${head}\n  ${printable(more)}\n`;
}

function labelOf({ outcome, severity, suppression }: Finding): string {
  if (suppression !== undefined) return `suppressed until ${printable(suppression.expires)}`;
  if (outcome === 'pass') return 'passed';
  return outcome === 'unknown' ? 'not known' : labels[severity];
}
