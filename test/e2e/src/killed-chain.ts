import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { join } from 'node:path';
import { seeded } from '@sysimage/target-memory';
import { startSysimage } from './command.js';
import { sysimageHere } from './in-process.js';
import { at, listAt, textAt } from './json.js';
import { ToyDisk } from './toy-disk.js';

const mebibyte = 1024 * 1024;
const mostVersions = 4;

export interface KilledChainOptions {
  /** For the disk and what is restored. */
  readonly folder: string;
  readonly config: string;
  /** Its name in the configuration. */
  readonly target: string;
  readonly kills: number;
  readonly seed: number;
}

/**
 * Kills backups to a target at random moments, again and again, each on what the one before left behind. After each kill versions are
 * restored and compared byte by byte; in the end a backup completes, everything restores, and verify finds no damage. Tells how many
 * restores were compared.
 */
export async function killedChain({ folder, config, target, kills, seed }: KilledChainOptions): Promise<number> {
  const random = seeded(seed);
  const disk = new ToyDisk(10 * mebibyte);
  for (let block = 300; block < 1700; block += 1) disk.fill(block, 1 + (block % 80));
  const path = join(folder, `${target}.img`);
  const common = ['--config', config, '--computer', 'pc', '--json'];
  const backup = ['backup', ...common, '--disk', path, '--to', target];
  const known = new Map<string, Uint8Array>();
  let restores = 0;
  const listed = async (): Promise<string[]> => {
    const found = listAt(await sysimageHere('versions', ...common, '--from', target), 'versions');
    const lost = found.filter((version) => at(version, 'state') === 'lost');
    if (lost.length > 0)
      throw new Error(`versions on ${target} are called lost: ${JSON.stringify(lost)}, seed ${seed}`);
    return found.map((version) => textAt(version, 'id')).toSorted();
  };
  const assertRestores = async (id: string): Promise<void> => {
    const to = join(folder, `${target}-restored.img`);
    await sysimageHere('restore', id, ...common, '--from', target, '--disk', `0=${to}`);
    const same = Buffer.compare(readFileSync(to), known.get(id) ?? disk.canonical()) === 0;
    rmSync(to);
    if (!same) throw new Error(`version ${id} on ${target} came back as something else, seed ${seed}`);
    restores += 1;
  };

  writeFileSync(path, disk.bytes);
  const first = startSysimage(...backup);
  await first.begun;
  const begun = performance.now();
  const { code, result, stderr } = await first.ended;
  if (code !== 0) throw new Error(`the first backup to ${target} ended with ${code}: ${stderr}`);
  let whole = performance.now() - begun;
  const isWrittenOnce = at(
    await sysimageHere('target', 'show', target, '--config', config, '--json'),
    'capabilities',
    'writeOnce',
  );
  known.set(textAt(result, 'version', 'id'), disk.canonical());

  for (let killed = 0, runs = 0; killed < kills; runs += 1) {
    if (runs > 3 * kills) throw new Error(`only ${killed} of ${runs} backups to ${target} could be killed in time`);
    const shift = Math.floor(random() * 97);
    for (let block = 300 + shift; block < 2200; block += 3) {
      if ((block + shift) % 5 === 0) disk.free(block);
      else disk.fill(block, 1 + ((block + shift) % 200));
    }
    writeFileSync(path, disk.bytes);
    await using running = startSysimage(...backup);
    await running.begun;
    const started = performance.now();
    // From its first words to a moment after the usual end.
    await Promise.race([setTimeout(whole * 1.05 * random()), running.ended]);
    running.kill();
    const ended = await running.ended;
    if (ended.code === -1) killed += 1;
    else whole = Math.min(whole, performance.now() - started);
    if (ended.code > 0) throw new Error(`a backup to ${target} ended with ${ended.code}: ${ended.stderr}`);
    const ids = await listed();
    for (const id of ids.filter((one) => !known.has(one))) known.set(id, disk.canonical());
    if (ids.length === 0) throw new Error(`no version is left on ${target}, seed ${seed}`);
    // Each of them in its turn, and always the newest.
    for (const id of new Set([ids.at(-1), ...(killed % 4 === 0 ? ids : [])])) await assertRestores(id ?? '');
    if (ids.length > mostVersions && isWrittenOnce !== true)
      await sysimageHere('delete', ids[0] ?? '', ...common, '--from', target, '--yes');
  }
  await sysimageHere(...backup);
  for (const id of await listed()) await assertRestores(id);
  await sysimageHere('verify', ...common, '--from', target);
  rmSync(path);
  return restores;
}
