import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { copyImage, hashFile } from '@sysimage/fixtures';
import { applyChange, unpackDisk } from './demo-disk.js';
import { attemptHere, succeedHere } from './in-process.js';
import { at, listAt, textAt } from './json.js';

/** What came back: versions that the target holds in the end, and the digest of each restored disk. */
export interface JobOutcome {
  /** Oldest first. */
  readonly restored: readonly string[];
  /** The target promises the newest version only, and removes older ones. */
  readonly replaces: boolean;
}

/**
 * The main job on a real disk image, whatever the target: first backup, a real change, second backup, and every version that the target
 * promises to keep restored. All that it knows of the target is its name in the configuration.
 */
export async function mainJob(folder: string, config: string, target: string): Promise<JobOutcome> {
  const disk = join(folder, `${target}-disk.img`);
  const common = ['--config', config, '--computer', 'Main Job'];
  const pristine = join(folder, 'pristine.img');
  if (!existsSync(pristine)) await unpackDisk(pristine);
  await copyImage(pristine, disk);
  const key = ['--disk', disk, '--to', target];
  await succeedHere('backup', ...common, ...key);
  await applyChange(disk);
  await succeedHere('backup', ...common, ...key);
  const { result: shown } = await succeedHere('target', 'show', target, '--config', config, '--json');
  const { result: listed } = await succeedHere('versions', ...common, '--from', target, '--json');
  const restored: string[] = [];
  for (const version of listAt(listed, 'versions')) {
    const to = join(folder, `${target}-${restored.length}.img`);
    await succeedHere('restore', textAt(version, 'id'), ...common, '--from', target, '--disk', `0=${to}`);
    restored.push(await hashFile(to));
  }
  await succeedHere('verify', ...common, '--from', target);
  const exported = join(folder, `${target}-exported.img`);
  await succeedHere('export', 'latest', ...common, '--from', target, '--format', 'raw', '--output', exported);
  if ((await hashFile(exported)) !== restored.at(-1))
    throw new Error(`${target} exports something else than it restores`);
  await deleteOldest(
    common,
    target,
    textAt(listed, 'versions', 0, 'id'),
    at(shown, 'capabilities', 'writeOnce') === true,
  );
  const flag = (name: string): boolean => at(shown, 'capabilities', name) === true;
  return { restored, replaces: flag('singleVersion') && !flag('writeOnce') };
}

/** The oldest version goes and what stays is whole; or, where nothing can be deleted, that is said. */
async function deleteOldest(
  common: readonly string[],
  target: string,
  oldest: string,
  writeOnce: boolean,
): Promise<void> {
  const command = ['delete', oldest, ...common, '--from', target, '--yes', '--json'];
  if (writeOnce) {
    const { code, result } = await attemptHere(...command);
    if (code !== 1 || at(result, 'error', 'code') !== 'unsupported') throw new Error(`${target} let a version go`);
    return;
  }
  await succeedHere(...command);
  const { result } = await succeedHere('versions', ...common, '--from', target, '--json');
  if (listAt(result, 'versions').some((version) => textAt(version, 'id') === oldest))
    throw new Error(`${oldest} is still there`);
  if (listAt(result, 'versions').length > 0) await succeedHere('verify', ...common, '--from', target);
}
