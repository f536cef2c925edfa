import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Hasher, Target, VerifyPoint } from '@sysimage/core';
import { z } from 'zod';
import type { VerifyPass } from './verify-ages.js';

const share = z.union([
  z.object({ kind: z.literal('part'), part: z.number(), of: z.number() }),
  z.object({ kind: z.literal('random'), percent: z.number(), seed: z.number() }),
]);

const damage = z.object({ object: z.string(), start: z.number(), end: z.number(), what: z.string() });

const memorySchema = z.object({
  format: z.literal('sysimage-verify/1'),
  passes: z.array(
    z.object({
      at: z.iso.datetime(),
      of: z.enum(['objects', 'versions']),
      version: z.string().optional(),
      share: share.optional(),
      whole: z.array(z.string()),
      damaged: z.array(z.string()),
    }),
  ),
  unfinished: z
    .object({
      version: z.string().optional(),
      share: share.optional(),
      point: z.object({
        state: z.string(),
        bytes: z.number(),
        name: z.string(),
        offset: z.number(),
        damages: z.array(damage.extend({ versions: z.array(z.string()) })),
        found: z.array(damage.extend({ grain: z.number().optional(), harmless: z.boolean().optional() })),
      }),
    })
    .optional(),
});

type Stored = z.infer<typeof memorySchema>;

/** A verification that was stopped: what it was to read, and how far it came. */
export type Unfinished = NonNullable<Stored['unfinished']> & { readonly point: VerifyPoint };

/** What this machine knows of verifications of one computer's backups on one target. */
export class VerifyMemory {
  readonly #path: string;
  #stored: Stored;

  private constructor(path: string, stored: Stored) {
    this.#path = path;
    this.#stored = stored;
  }

  /** `folder`: of the computer on the target. What cannot be read, or makes no sense, is forgotten. */
  static async open(state: string, target: Target, folder: string, hasher: Hasher): Promise<VerifyMemory> {
    const about = new TextEncoder().encode(JSON.stringify([target.traits.identity, folder]));
    const path = join(state, 'verify', `${Buffer.from(hasher.digest(about)).toString('hex').slice(0, 32)}.json`);
    return new VerifyMemory(path, await read(path));
  }

  get passes(): readonly VerifyPass[] {
    return this.#stored.passes;
  }

  get unfinished(): Unfinished | undefined {
    return this.#stored.unfinished;
  }

  /** Keeps how far a verification has come. Rejects when it cannot be written. */
  async keep(unfinished: Unfinished): Promise<void> {
    await this.#write({ ...this.#stored, unfinished });
  }

  /** Keeps what a verification found; `versions`: what is on the target now. Rejects when it cannot be written. */
  async add(pass: VerifyPass, versions: readonly string[]): Promise<void> {
    const isSame = (other: VerifyPass): boolean =>
      other.of === pass.of &&
      other.version === pass.version &&
      JSON.stringify(other.share) === JSON.stringify(pass.share);
    const there = (ids: readonly string[]): string[] => ids.filter((id) => versions.includes(id));
    const passes = [...this.#stored.passes.filter((other) => !isSame(other)), pass]
      .map((each) => ({ ...each, whole: there(each.whole), damaged: there(each.damaged) }))
      .filter(({ whole, damaged }) => whole.length + damaged.length > 0);
    await this.#write({ format: 'sysimage-verify/1', passes });
  }

  async #write(stored: Stored): Promise<void> {
    this.#stored = stored;
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    const beside = `${this.#path}.${process.pid}`;
    await writeFile(beside, `${JSON.stringify(stored)}\n`, { mode: 0o600, flush: true });
    await rename(beside, this.#path);
  }
}

async function read(path: string): Promise<Stored> {
  const empty: Stored = { format: 'sysimage-verify/1', passes: [] };
  try {
    return memorySchema.safeParse(JSON.parse(await readFile(path, 'utf8'))).data ?? empty;
  } catch {
    return empty;
  }
}
