import { isSysimageError, SysimageError } from '../contract/errors.js';
import { objectName, type ObjectName } from '../contract/names.js';
import type { Clock, Hasher, Machine, Random } from '../contract/services.js';
import type { CallOptions, Held, LeaseHolder, ObjectStat, Target } from '../contract/target.js';
import { toHex } from '../image/grain.js';
import type { ComputerNames } from '../image/names.js';
import { once, readSmall } from '../image/object-io.js';
import { decodeStamped, encodeStamped } from '../image/stamped-json.js';
import { leaseRecordSchema, type LeaseRecord } from '../model/lease-record.js';
import { withBallast } from './ballast.js';

const heartbeatInterval = 10_000;
/** Signs of life that must be missed before a lease is void. */
const missedHeartbeats = 3;
const recordLimit = 65_536;

export interface LeaseServices {
  readonly clock: Clock;
  readonly random: Random;
  readonly hasher: Hasher;
  readonly machine: Machine;
}

/** Whether the lease of a holder that lives, or seems to, may be taken away. */
export type StealLease = (holder: LeaseHolder) => Promise<boolean>;

export interface LeaseOptions {
  /**
   * Milliseconds to wait for another holder. One of whom nothing is known is watched in any case, until it shows a sign of life or
   * is void: nobody has to remove the lease of a machine that died.
   */
  readonly wait: number;
  /** Asked when the wait was in vain. */
  readonly steal?: StealLease | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What this observer saw of somebody else's lease, and when, by its own clock. */
interface Sighting {
  readonly content: string;
  readonly since: number;
  /** It changed while it was watched. */
  readonly beats: boolean;
}

interface Other {
  readonly name: ObjectName;
  readonly record: LeaseRecord;
  /** Whether it lives is not known yet. */
  readonly isOpen: boolean;
}

/**
 * Keeps a second writer out of a computer's folder, on any target that can put, list and remove.
 *
 * Everybody puts a lease of its own, and then looks whether there is another one: of two that come at once at least one sees
 * the other and gives way. A lease is void when its process is known to be gone, or when it did not change for three heartbeats
 * of the observer's own clock.
 *
 * Errors: `busy` when somebody else has it and keeps it.
 */
export async function acquireLease(
  target: Target,
  names: ComputerNames,
  services: LeaseServices,
  options: LeaseOptions,
): Promise<Held> {
  const holder = await services.machine.holder(toHex(services.random.bytes(8)));
  const name = names.lease(holder.token);
  const deadline = services.clock.elapsed() + options.wait;
  const sightings = new Map<string, Sighting>();
  const stolen = new Set<ObjectName>();
  for (;;) {
    let other = await findOther(target, names, name, sightings, services, options.signal);
    if (other === undefined) {
      const lease = new ObjectLease(target, names, holder, services);
      try {
        await lease.begin();
        other = await findOther(target, names, name, sightings, services, options.signal);
      } catch (error) {
        // Nobody would ever release it: it must not stay and go on beating.
        await lease.release().catch(() => undefined);
        throw error;
      }
      if (other === undefined) return lease;
      await lease.release();
    }
    if (!other.isOpen && services.clock.elapsed() >= deadline) {
      const { holder } = other.record;
      // A heartbeat that was under way may have put it back.
      if (!stolen.has(other.name) && (await options.steal?.(holder)) !== true)
        throw heldBy(target, other.record, options.wait);
      stolen.add(other.name);
      await takeAway(target, other.name, services.clock, options.signal);
      continue;
    }
    await pause(
      services.clock,
      Math.min(1000, heartbeatInterval / 5) * (0.5 + (services.random.bytes(1)[0] ?? 0) / 256),
      options.signal,
    );
  }
}

/**
 * Removes the lease of somebody else, and waits until a holder that lives must have noticed: its heartbeat finds no lease, or there
 * was no heartbeat for so long that it gave up by itself.
 */
async function takeAway(
  target: Target,
  name: ObjectName,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<void> {
  await target.remove(name, signal === undefined ? {} : { signal });
  await pause(clock, heartbeatInterval * missedHeartbeats, signal);
}

/** A lease of somebody else that is not void; void ones are removed on the way. */
async function findOther(
  target: Target,
  names: ComputerNames,
  own: ObjectName,
  sightings: Map<string, Sighting>,
  services: LeaseServices,
  signal: AbortSignal | undefined,
): Promise<Other | undefined> {
  const options = signal === undefined ? {} : { signal };
  for await (const stat of target.list(names.leases, options)) {
    const { name } = stat;
    if (name === own) continue;
    const bytes = await appearance(target, stat, options);
    if (bytes === undefined) continue;
    const parsed = leaseRecordSchema.safeParse(decodeStamped(bytes, services.hasher));
    const fate = parsed.success ? await services.machine.fateOf(parsed.data.holder) : 'unknown';
    const now = services.clock.elapsed();
    const content = toHex(services.hasher.digest(bytes));
    const seen = sightings.get(name);
    if (seen?.content !== content) sightings.set(name, { content, since: now, beats: seen !== undefined });
    const silent = seen?.content === content && now - seen.since >= heartbeatInterval * missedHeartbeats;
    if (fate === 'gone' || (fate === 'unknown' && silent)) {
      await target.remove(name, options);
      continue;
    }
    const isOpen = fate === 'unknown' && sightings.get(name)?.beats !== true;
    return { name, record: parsed.success ? parsed.data : unreadable(name), isOpen };
  }
  return undefined;
}

/** The bytes of a lease, or where they cannot be read what the target says of it; `undefined` when it is gone. */
async function appearance(target: Target, stat: ObjectStat, options: CallOptions): Promise<Uint8Array | undefined> {
  try {
    return await readSmall(target, stat.name, recordLimit, options);
  } catch (error) {
    if (!isSysimageError(error, 'corrupt')) throw error;
    return new TextEncoder().encode(JSON.stringify(stat));
  }
}

class ObjectLease implements Held {
  readonly #target: Target;
  readonly #names: ComputerNames;
  readonly #name: ObjectName;
  readonly #holder: LeaseHolder;
  readonly #services: LeaseServices;
  readonly #lost = new AbortController();
  readonly #startedAt: string;
  #heartbeat = 0;
  #renewedAt: number;
  #stop: () => void = () => undefined;
  #renewing: Promise<void> = Promise.resolve();
  #released = false;
  #isGone = false;

  constructor(target: Target, names: ComputerNames, holder: LeaseHolder, services: LeaseServices) {
    this.#target = target;
    this.#names = names;
    this.#name = names.lease(holder.token);
    this.#holder = holder;
    this.#services = services;
    this.#startedAt = services.clock.now().toISOString();
    this.#renewedAt = services.clock.elapsed();
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async begin(): Promise<void> {
    await this.#write();
    this.#schedule();
  }

  assertHeld(): void {
    const silence = this.#services.clock.elapsed() - this.#renewedAt;
    if (!this.#lost.signal.aborted && silence < heartbeatInterval * missedHeartbeats) return;
    this.#lost.abort();
    if (this.#isGone) {
      throw new SysimageError('busy', `the lease ${this.#name} was taken away`, {
        operation: 'lease',
        remedy:
          'Somebody gave --steal-lease, or took this program for dead. What it wrote is taken back by the next run.',
      });
    }
    throw new SysimageError('busy', `the lease ${this.#name} was not renewed for ${Math.round(silence / 1000)} s`, {
      operation: 'lease',
      remedy: 'The computer slept or lost the target. Run the backup again; it takes back what was left unfinished.',
    });
  }

  async release(): Promise<void> {
    this.#released = true;
    this.#stop();
    await this.#renewing;
    await this.#target.remove(this.#name);
  }

  #schedule(): void {
    this.#stop = this.#services.clock.after(heartbeatInterval, () => {
      this.#renewing = this.#renew();
    });
  }

  async #renew(): Promise<void> {
    if (this.#released) return;
    try {
      // After a long sleep somebody may have taken over: do not put the lease back.
      const silence = this.#services.clock.elapsed() - this.#renewedAt;
      if (silence >= heartbeatInterval * missedHeartbeats) this.#lost.abort();
      else if ((await this.#target.stat(this.#name)) === undefined) {
        this.#isGone = true;
        this.#lost.abort();
      } else await this.#write();
    } catch (error) {
      // A missed heartbeat is not yet a lost lease; `assertHeld` counts the silence.
      if (!isSysimageError(error)) this.#lost.abort();
    }
    if (!this.#released && !this.#lost.signal.aborted) this.#schedule();
  }

  async #write(): Promise<void> {
    const started = this.#services.clock.elapsed();
    this.#heartbeat += 1;
    const record: LeaseRecord = {
      format: 'sysimage-lease/1',
      holder: this.#holder,
      startedAt: this.#startedAt,
      heartbeat: this.#heartbeat,
    };
    const bytes = encodeStamped(record, this.#services.hasher);
    await withBallast(this.#target, this.#names, () => this.#target.put(this.#name, bytes.length, () => once(bytes)));
    this.#renewedAt = started;
  }
}

function heldBy(target: Target, other: LeaseRecord, wait: number): SysimageError {
  const { program, host, process } = other.holder;
  const who = `${program} on ${host}${process === undefined ? '' : ` (process ${process})`}`;
  return new SysimageError('busy', `${target.traits.location} is in use by ${who} since ${other.startedAt}`, {
    retry: 'later',
    operation: 'lease',
    context: { host, ...(process === undefined ? {} : { process }), waited: wait },
    remedy:
      'Wait until it is done, or let --lock-wait 10m do that. --steal-lease stops it and takes back what it wrote.',
  });
}

function unreadable(name: ObjectName): LeaseRecord {
  return {
    format: 'sysimage-lease/1',
    holder: { token: objectName(name), program: 'an unknown program', host: 'an unknown host' },
    startedAt: 'an unknown time',
    heartbeat: 0,
  };
}

async function pause(clock: Clock, milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  await clock.sleep(milliseconds, signal);
  if (signal?.aborted === true) throw new SysimageError('cancelled', 'cancelled while waiting for a lease');
}
