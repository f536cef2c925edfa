import type { Held, LeaseHolder } from '../src/contract/target.js';
import { acquireLease, type LeaseOptions, type LeaseServices } from '../src/flow/lease.js';
import { FakeClock } from './fake-clock.js';
import { hasher } from './hasher.js';
import { MemoryFile } from './memory-file.js';
import { memoryTarget, type MemoryTargetOptions } from './memory-target.js';
import { names } from './records.js';

export type Fate = 'gone' | 'alive' | 'unknown';

/** One target, one clock, and machines that know of each other what a test says. */
export class LeaseWorld {
  readonly clock = new FakeClock();
  readonly objects = new Map<string, MemoryFile>();
  /** By host. */
  readonly fates = new Map<string, Fate>();
  /** What the clock of a host shows more than the others', milliseconds. */
  readonly skews = new Map<string, number>();
  #seed = 0;

  services(host: string): LeaseServices {
    return {
      clock: {
        now: () => new Date(this.clock.now().getTime() + (this.skews.get(host) ?? 0)),
        elapsed: () => this.clock.elapsed(),
        after: (milliseconds, callback) => this.clock.after(milliseconds, callback),
        sleep: (milliseconds, signal) => this.clock.sleep(milliseconds, signal),
      },
      hasher,
      random: {
        bytes: (length) => {
          this.#seed += 1;
          return hasher.digest(Uint8Array.of(this.#seed & 255, this.#seed >> 8)).slice(0, length);
        },
      },
      machine: {
        hostName: host,
        machineId: host,
        holder: async (token): Promise<LeaseHolder> => ({ token, program: 'sysimage', host, process: 4711 }),
        fateOf: async (holder) => this.fates.get(holder.host) ?? 'unknown',
      },
    };
  }

  acquire(host: string, options: Partial<LeaseOptions> = {}, target: MemoryTargetOptions = {}): Promise<Held> {
    return acquireLease(memoryTarget(this.objects, target), names, this.services(host), { wait: 0, ...options });
  }

  leases(): readonly string[] {
    return [...this.objects.keys()].filter((name) => name.startsWith(`${names.leases}/`)).toSorted();
  }
}
