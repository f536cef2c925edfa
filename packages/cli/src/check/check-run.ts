import {
  checkPrefix,
  objectName,
  type LeaseHolder,
  type Machine,
  type ObjectName,
  type Random,
  type Target,
} from '@sysimage/core';
import { removeBelow } from '@sysimage/target-kit';
import { z } from 'zod';

/** The folder of one check, which nobody else writes into. */
export interface CheckRun {
  readonly folder: ObjectName;
  /** The place of one case. */
  readonly place: (index: number) => ObjectName;
  /** Removes all of it, where that can be. Resolves with the names that are there against our will. */
  readonly end: () => Promise<readonly ObjectName[]>;
}

interface CheckServices {
  readonly machine: Machine;
  readonly random: Random;
  readonly now: Date;
}

const runName = /^run-(\d{4})(\d{2})(\d{2})t(\d{2})(\d{2})(\d{2})-[0-9a-f]{8}$/u;
/** Milliseconds after which a run whose process nobody can ask for is taken for dead. */
const longestRun = 24 * 60 * 60 * 1000;
const holderLimit = 65_536;

const holderSchema = z.object({
  format: z.literal('sysimage-check/1'),
  holder: z.object({
    token: z.string(),
    program: z.string(),
    host: z.string(),
    machine: z.string().exactOptional(),
    boot: z.string().exactOptional(),
    process: z.number().int().exactOptional(),
    processStart: z.string().exactOptional(),
  }),
});

/** Says on the target who checks it, so that others can tell what is left of a check that was killed. */
export async function beginRun(target: Target, { machine, random, now }: CheckServices): Promise<CheckRun> {
  const token = Buffer.from(random.bytes(4)).toString('hex');
  const moment = now.toISOString().slice(0, 19).toLowerCase().replaceAll(/[-:]/gu, '');
  const run = `run-${moment}-${token}`;
  const folder = objectName(checkPrefix, run);
  const holder = await machine.holder(token);
  const bytes = Buffer.from(`${JSON.stringify({ format: 'sysimage-check/1', holder }, undefined, 2)}\n`);
  const mark = holderName(run);
  await target.put(mark, bytes.length, async function* once() {
    yield bytes;
  });
  return {
    folder,
    place: (index) => objectName(checkPrefix, run, `case-${index}`),
    end: async () => (target.traits.writeOnce ? [] : removeRun(target, run)),
  };
}

/** Removes what killed checks left. Resolves with how many there were. */
export async function removeLeftovers(
  target: Target,
  { machine, now }: Omit<CheckServices, 'random'>,
): Promise<number> {
  if (target.traits.writeOnce) return 0;
  const runs = new Set<string>();
  for await (const { name } of target.list(checkPrefix)) {
    const run = name.split('/')[1] ?? '';
    if (runName.test(run)) runs.add(run);
  }
  let removed = 0;
  for (const run of runs) {
    if (!(await isDead(target, run, machine, now))) continue;
    await removeRun(target, run);
    removed += 1;
  }
  return removed;
}

async function isDead(target: Target, run: string, machine: Machine, now: Date): Promise<boolean> {
  const holder = await readHolder(target, run);
  const fate = holder === undefined ? 'unknown' : await machine.fateOf(holder);
  return fate === 'gone' || (fate === 'unknown' && now.getTime() - begunAt(run) > longestRun);
}

function begunAt(run: string): number {
  const [, year = '', month = '', day = '', hour = '', minute = '', second = ''] = runName.exec(run) ?? [];
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`) || 0;
}

/** The holder goes last: what is left without one was never begun. */
async function removeRun(target: Target, run: string): Promise<readonly ObjectName[]> {
  const mark = holderName(run);
  const folder = objectName(checkPrefix, run);
  const left: ObjectName[] = [];
  const places = new Set<string>();
  try {
    for await (const { name } of target.list(folder)) places.add(name.split('/')[2] ?? '');
  } catch {
    // The mark stays, and the next check tries again.
    return [mark];
  }
  for (const place of places) {
    const name = objectName(checkPrefix, run, place);
    if (name !== mark) left.push(...(await removeBelow(target, name)));
  }
  return left.length === 0 ? removeBelow(target, folder, [mark]) : left;
}

function holderName(run: string): ObjectName {
  return objectName(checkPrefix, run, 'holder.json');
}

async function readHolder(target: Target, run: string): Promise<LeaseHolder | undefined> {
  try {
    const name = holderName(run);
    const size = (await target.stat(name))?.size ?? 0;
    if (size === 0 || size > holderLimit) return undefined;
    const parts: Uint8Array[] = [];
    for await (const chunk of target.get(name, { start: 0, end: size })) parts.push(chunk.slice());
    const parsed = holderSchema.safeParse(JSON.parse(Buffer.concat(parts).toString('utf8')));
    return parsed.success ? parsed.data.holder : undefined;
  } catch {
    return undefined;
  }
}
