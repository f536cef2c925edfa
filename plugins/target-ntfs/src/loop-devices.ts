import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { readMounts, systemRoots } from '@sysimage/block-device';
import { SysimageError } from '@sysimage/core/plugin';

/** Milliseconds. */
const longestWait = 30_000;
const pause = 50;

/** A loop device that goes with its mount; others are somebody else's. */
export interface GoingLoop {
  readonly backingFile: string;
  /** Waits until it is gone, or nobody knows why it stays. */
  gone(): Promise<void>;
}

export async function goingLoop(device: string): Promise<GoingLoop | undefined> {
  const backingFile = await loopFact(device, 'backing_file');
  if (backingFile === undefined || (await loopFact(device, 'autoclear')) !== '1') return undefined;
  return {
    backingFile,
    async gone() {
      for (let waited = 0; waited < longestWait; waited += pause) {
        if ((await loopFact(device, 'backing_file')) !== backingFile) return;
        await setTimeout(pause);
      }
    },
  };
}

/** Waits for loop devices of a volume that go with a mount which is not there any more. Errors: `busy` when they stay. */
export async function untilLoopsLetGo(path: string, start: number): Promise<void> {
  for (let waited = 0; ; waited += pause) {
    const mounted = new Set((await readMounts(systemRoots({}))).map(({ source }) => source));
    const dying: string[] = [];
    for (const name of await readdir('/sys/class/block')) {
      const device = `/dev/${name}`;
      if (!/^loop\d+$/u.test(name) || mounted.has(device) || (await loopFact(device, 'autoclear')) !== '1') continue;
      const isSame = (await loopFact(device, 'backing_file')) === path;
      if (isSame && (await loopFact(device, 'offset')) === `${start}`) dying.push(device);
    }
    if (dying.length === 0) return;
    if (waited >= longestWait) {
      throw new SysimageError('busy', `${path} is still in use by ${dying.join(', ')}`, {
        operation: 'open',
        context: { path },
        retry: 'later',
      });
    }
    await setTimeout(pause);
  }
}

/** `undefined` of what is no loop device, or is none any more. */
function loopFact(device: string, fact: 'backing_file' | 'autoclear' | 'offset'): Promise<string | undefined> {
  return readFile(join('/sys/class/block', basename(device), 'loop', fact), 'utf8').then(
    (text) => text.replace(/\n$/u, ''),
    () => undefined,
  );
}
