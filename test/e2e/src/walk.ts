import { createHash } from 'node:crypto';
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { join } from 'node:path';
import { seeded } from '@sysimage/target-memory';
import { startSysimage } from './command.js';
import { sysimageHere } from './in-process.js';
import { at, listAt, textAt } from './json.js';
import { scatter } from './moving-data.js';
import { ToyDisk } from './toy-disk.js';
import { chooseStep, type Step, type WalkedPlace } from './walk-steps.js';

const diskSize = 14 * 1024 * 1024;
/** Milliseconds in which a command has done nothing yet but start. */
const start = 150;
/** Milliseconds that every command is first believed to take. */
const firstGuess = 400;
/** Exit code. */
const full = 15;

export interface WalkOptions {
  /** For the disk, what is restored, and `walk.log` with every command and how it ended. */
  readonly folder: string;
  readonly config: string;
  /** Its name in the configuration. */
  readonly target: string;
  readonly seed: number;
  /** Leaves some room on the target, before every step: a command may end for want of it then, and old versions may be given up. */
  readonly crowd?: (random: () => number) => Promise<void>;
  /** Asked before every step with the count of those that were made. */
  readonly goOn: (steps: number) => boolean;
}

/** What a walk did. */
export interface WalkCounts {
  readonly steps: number;
  readonly kills: number;
  /** Commands that ended because there was no room. */
  readonly full: number;
  /** Restores that were compared. */
  readonly restores: number;
}

/**
 * Backs up, deletes, takes back, prunes, compacts, restores and verifies at random, and kills a third of these commands at a random moment.
 * After every step each version that is listed is restored and compared, and all are verified. Rejects when one comes back as something
 * else, went without having been deleted, or is called lost.
 */
export async function walk(options: WalkOptions): Promise<WalkCounts> {
  const walker = await Walker.begin(options);
  try {
    while (options.goOn(walker.counts.steps)) await walker.step();
  } catch (error) {
    throw new Error(`walk on ${options.target}, seed ${options.seed}, step ${walker.counts.steps}: ${String(error)}`, {
      cause: error,
    });
  }
  return walker.counts;
}

class Walker {
  readonly counts = { steps: 0, kills: 0, full: 0, restores: 0 };
  readonly #options: WalkOptions;
  readonly #random: () => number;
  readonly #disk = new ToyDisk(diskSize);
  readonly #common: readonly string[];
  readonly #path: string;
  /** By id: SHA-256 of the disk. */
  readonly #known = new Map<string, string>();
  /** How long commands took that nobody killed, milliseconds. */
  readonly #durations = new Map<string, number>();
  #traits = { writeOnce: true, singleVersion: false, inPlace: false };

  private constructor(options: WalkOptions) {
    this.#options = options;
    this.#random = seeded(options.seed);
    this.#common = ['--config', options.config, '--computer', 'pc', '--json'];
    this.#path = join(options.folder, 'disk.img');
    for (let block = 300; block < 2000; block += 1) this.#disk.fill(block, 1 + (block % 80));
    writeFileSync(this.#path, this.#disk.bytes);
  }

  /** Makes the first version: before it there is no folder to look at on most targets. */
  static async begin(options: WalkOptions): Promise<Walker> {
    const { config, target } = options;
    const walker = new Walker(options);
    const backup = chooseStep(walker.#place, [], () => 0);
    await using running = startSysimage(...backup.args);
    const { code, result, stderr } = await running.ended;
    if (code !== 0) throw new Error(`the first backup to ${target} ended with ${code}: ${stderr}`);
    walker.#known.set(textAt(result, 'version', 'id'), digestOf(walker.#disk.canonical()));
    const shown = await sysimageHere('target', 'show', target, '--config', config, '--json');
    walker.#traits = {
      writeOnce: at(shown, 'capabilities', 'writeOnce') === true,
      singleVersion: at(shown, 'capabilities', 'singleVersion') === true,
      inPlace: at(shown, 'capabilities', 'randomWrite') === true,
    };
    return walker;
  }

  async step(): Promise<void> {
    this.counts.steps += 1;
    const step = chooseStep(this.#place, [...this.#known.keys()].toSorted(), this.#random);
    if (step.name === 'backup') {
      scatter(this.#disk, Math.floor(this.#random() * 1_000_000));
      writeFileSync(this.#path, this.#disk.bytes);
    }
    await this.#options.crowd?.(this.#random);
    const isDone = await this.#run(step);
    const listed = await this.#listed();
    const { doomed = [] } = step;
    const newest = [...this.#known.keys()].toSorted().at(-1);
    for (const id of this.#known.keys()) {
      const isReplaced = this.#traits.singleVersion && listed.length > 0;
      const isEvicted = this.#options.crowd !== undefined && (id !== newest || listed.some((other) => other > id));
      const mayGo = doomed.includes(id) || (step.name === 'backup' && (isReplaced || isEvicted));
      if (!listed.includes(id) && !mayGo) throw new Error(`version ${id} is gone after ${step.name}`);
      if (listed.includes(id) && doomed.includes(id) && isDone) throw new Error(`version ${id} was not deleted`);
      if (!listed.includes(id)) this.#known.delete(id);
    }
    const fresh = listed.filter((id) => !this.#known.has(id));
    if (fresh.length > Number(step.name === 'backup')) throw new Error(`${fresh.join()} came from nowhere`);
    if (fresh.length === 0 && isDone && step.name === 'backup') throw new Error('the version of a backup is not there');
    for (const id of fresh) this.#known.set(id, digestOf(this.#disk.canonical()));
    for (const id of listed) await this.#assertRestores(id);
    if (listed.length > 0) await sysimageHere('verify', ...this.#common, '--from', this.#options.target);
  }

  get #place(): WalkedPlace {
    const { target, folder } = this.#options;
    const evict = this.#options.crowd !== undefined;
    return { target, folder, disk: this.#path, common: this.#common, evict, ...this.#traits };
  }

  /** False when it was killed before its end. */
  async #run({ name, args }: Step): Promise<boolean> {
    const begun = performance.now();
    await using running = startSysimage(...args);
    const usual = this.#durations.get(name) ?? firstGuess;
    if (this.#random() < 0.35) {
      await Promise.race([setTimeout(start + (usual * 1.1 - start) * this.#random()), running.ended]);
      running.kill();
    }
    const { code, stderr } = await running.ended;
    const took = performance.now() - begun;
    appendFileSync(join(this.#options.folder, 'walk.log'), `${JSON.stringify({ args, code, took, stderr })}\n`);
    const isFull = code === full && this.#options.crowd !== undefined && name !== 'restore';
    if (code > 0 && !isFull) throw new Error(`${name} ended with ${code}: ${stderr}`);
    if (code === 0) this.#durations.set(name, took);
    this.counts.kills += Number(code < 0);
    this.counts.full += Number(isFull);
    return code === 0;
  }

  async #listed(): Promise<readonly string[]> {
    // Without the computer, nothing is an answer too: the first backup may have been killed.
    const { config, target } = this.#options;
    const versions = listAt(await sysimageHere('versions', '--config', config, '--json', '--from', target), 'versions');
    const lost = versions.filter((version) => at(version, 'state') === 'lost');
    if (lost.length > 0) throw new Error(`versions are called lost: ${JSON.stringify(lost)}`);
    return versions.map((version) => textAt(version, 'id')).toSorted();
  }

  async #assertRestores(id: string): Promise<void> {
    const to = join(this.#options.folder, 'restored.img');
    await this.#ask('restore', id, '--disk', `0=${to}`);
    if (digestOf(readFileSync(to)) !== this.#known.get(id))
      throw new Error(`version ${id} came back as something else`);
    rmSync(to);
    this.counts.restores += 1;
  }

  async #ask(command: string, ...args: readonly string[]): Promise<unknown> {
    return sysimageHere(command, ...args, ...this.#common, '--from', this.#options.target);
  }
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
