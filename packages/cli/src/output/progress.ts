import type { Clock, Phase } from '@sysimage/core';
import type { RunEvent } from '../run/run-event.js';
import { formatBytes, formatDuration } from './format.js';
import { paint, type Terminal } from './terminal.js';

const titles: Readonly<Record<Phase, string>> = {
  read: 'backing up',
  check: 'checking',
  restore: 'restoring',
  verify: 'verifying',
  export: 'exporting',
  compact: 'merging',
};

/** Milliseconds between two drawings of the line, and between two plain lines. */
const redrawEvery = 100;
const plainEvery = 30_000;

/** Draws one line that moves on a terminal, or says a line now and then in a log. */
export class Progress {
  readonly #terminal: Terminal;
  readonly #clock: Clock;
  #startedAt = 0;
  #drawnAt = 0;
  #drawn = false;

  constructor(terminal: Terminal, clock: Clock) {
    this.#terminal = terminal;
    this.#clock = clock;
  }

  take(event: RunEvent): void {
    const now = this.#clock.now().getTime();
    if (event.event === 'phase') {
      this.clear();
      this.#startedAt = now;
      this.#drawnAt = now;
    } else if (event.event === 'progress') {
      if (event.done === event.total) {
        this.#finish(event, now);
        return;
      }
      if (now - this.#drawnAt < (this.#terminal.interactive ? redrawEvery : plainEvery)) return;
      this.#drawnAt = now;
      this.#draw(event, now);
    }
  }

  /** Wipes the moving line, so that other words can be said. */
  clear(): void {
    if (this.#drawn) this.#terminal.err('\r\u001b[2K');
    this.#drawn = false;
  }

  #draw(event: RunEvent & { event: 'progress' }, now: number): void {
    const seconds = Math.max(0.001, (now - this.#startedAt) / 1000);
    const rate = event.done / seconds;
    const left = rate > 0 ? formatDuration(((event.total - event.done) / rate) * 1000) : '?';
    const percent = Math.floor((event.done / Math.max(1, event.total)) * 100);
    const line = `${label(event)} ${String(percent).padStart(3)} %  ${formatBytes(event.done)} of ${formatBytes(event.total)}  ${formatBytes(rate)}/s  ${left} left`;
    if (!this.#terminal.interactive) {
      this.#terminal.err(`${line}\n`);
      return;
    }
    this.#terminal.err(`\r\u001b[2K${paint(this.#terminal, 'cyan', line)}`);
    this.#drawn = true;
  }

  #finish(event: RunEvent & { event: 'progress' }, now: number): void {
    this.clear();
    const seconds = Math.max(0.001, (now - this.#startedAt) / 1000);
    this.#terminal.err(
      `${label(event)} done: ${formatBytes(event.total)} in ${formatDuration(seconds * 1000)} (${formatBytes(event.total / seconds)}/s)\n`,
    );
  }
}

function label({ phase, disk }: RunEvent & { event: 'progress' }): string {
  return `  ${titles[phase]}${disk === undefined ? '' : ` disk ${disk}`}`;
}
