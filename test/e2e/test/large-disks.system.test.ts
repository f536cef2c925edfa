import { afterAll, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { mkdir, readFile, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  acceptsTable,
  fillTree,
  fsck,
  hashTree,
  makeDisk,
  makeScratch,
  withVolume,
  type Disk,
} from '@sysimage/fixtures';
import { numberAt, textAt } from '../src/index.js';

const kibi = 1024;
const mebi = 1024 * kibi;
const tebi = 1024 * 1024 * mebi;
const program = fileURLToPath(new URL('../../../../packages/cli/bin/sysimage.js', import.meta.url));
/** All that the program reads and writes beside disks and images: its own code, mount tables, records. */
const overhead = 24 * mebi;
const mostMemory = 256 * mebi;

const scratch = await makeScratch();
afterAll(() => scratch.remove());

/** What a command took, as the kernel counted it, and what it said last. */
interface Taken {
  /** Bytes of all calls that read or write, and the number of these calls. */
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly calls: number;
  /** Peak, bytes. */
  readonly memory: number;
  readonly result: unknown;
}

/**
 * Runs the real command in a process that tells its own counters when it ends. Its peak is that of its own memory: what
 * `resourceUsage` tells is never below what its parent had when it was started.
 */
async function take(...args: readonly string[]): Promise<Taken> {
  const counters = scratch.at('counters');
  const telling = `
    import { readFileSync, writeFileSync } from 'node:fs';
    process.on('exit', () => writeFileSync(${JSON.stringify(counters)},
      readFileSync('/proc/self/io', 'latin1') +
        'memory: ' + /VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'latin1'))[1]));`;
  const preload = `data:text/javascript,${encodeURIComponent(telling)}`;
  const child = spawn(process.execPath, ['--import', preload, program, ...args, '--computer', 'pc', '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text));
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0) throw new Error(`sysimage ${args.join(' ')} ended with ${String(code)}:\n${said.stderr}`);
  const counted = await readFile(counters, 'latin1');
  const count = (name: string): number => Number(new RegExp(`^${name}: (\\d+)$`, 'mu').exec(counted)?.[1]);
  const result: unknown = JSON.parse(said.stdout.trim().split('\n').at(-1) ?? '');
  return {
    bytesRead: count('rchar'),
    bytesWritten: count('wchar'),
    calls: count('syscr') + count('syscw'),
    memory: count('memory') * kibi,
    result,
  };
}

/** Calls of a command, the small ones that wake threads included: a look at every MiB of such a disk would take a million. */
const mostCalls = 300_000;
/** Bytes of headers and tables that describe the whole disk, in an image and in its layer. */
const largestTable = 16 * mebi;

test.each([
  // The largest format that every program opens holds the first; the second needs the newer one.
  { size: 1 * tebi, type: 'ext4', options: ['-J', 'size=4', '-N', '131072'], format: 'vhd' },
  { size: 3 * tebi, type: 'ntfs', options: [], format: 'vhdx' },
] as const)(
  'work goes by what is on a disk, not by its size: $size bytes, $type in a $format',
  async ({ size, type, options, format }) => {
    const disk = await makeDisk(scratch.at(`${type}.img`), {
      table: 'gpt',
      size,
      partitions: [
        { type: 'fat32', size: 100 * mebi, label: 'ESP', tableType: 'U' },
        { type, label: 'Data', options },
      ],
    });
    await withVolume(disk, 2, (folder) => fillTree(folder, { files: 40, seed: 5, largest: mebi }));
    const target = scratch.at(type);
    await mkdir(target);

    const first = await take('backup', '--disk', disk.path, '--to', `dir:${target}`);
    const used = numberAt(first.result, 'version', 'disks', 0, 'allocatedBytes');
    expect(textAt(first.result, 'version', 'disks', 0, 'image')).toMatch(new RegExp(`\\.${format}$`, 'u'));
    expect(used).toBeLessThan(320 * mebi);
    // Besides the copy, bitmaps are read when the disk is looked at, and again in the end.
    expect(first.bytesRead).toBeLessThan(4 * used + overhead);
    expect(first.bytesWritten).toBeLessThan(used + 2 * largestTable);
    expect(first.calls).toBeLessThan(mostCalls);

    const second = await take('backup', '--disk', disk.path, '--to', `dir:${target}`);
    expect(numberAt(second.result, 'version', 'disks', 0, 'changedBytes')).toBe(0);
    expect(second.bytesRead).toBeLessThan(4 * used + overhead + 4 * largestTable);
    // Tables: the old ones into the layer, the new ones into the image.
    expect(second.bytesWritten).toBeLessThan(2 * largestTable + 4 * mebi);
    expect(second.calls).toBeLessThan(mostCalls);

    const copy: Disk = { ...disk, path: scratch.at(`${type}-copy.img`) };
    const restored = await take('restore', 'latest', '--from', `dir:${target}`, '--disk', copy.path);
    // Once from the image, once back from the copy.
    expect(restored.bytesRead).toBeLessThan(2 * used + overhead + 2 * largestTable);
    expect(restored.bytesWritten).toBeLessThan(used + mebi);
    expect(restored.calls).toBeLessThan(mostCalls);

    const verified = await take('verify', '--from', `dir:${target}`);
    // The image from end to end: whole blocks, however little of each is in use.
    const [image] = (await readdir(target, { recursive: true })).filter((path) => path.endsWith(`.${format}`));
    const { size: imageSize } = await stat(join(target, image ?? ''));
    expect(imageSize).toBeLessThan(2048 * mebi);
    expect(verified.bytesRead).toBeLessThan(imageSize + overhead + 6 * largestTable);
    expect(verified.bytesWritten).toBeLessThan(mebi);

    for (const { memory } of [first, second, restored, verified]) expect(memory).toBeLessThan(mostMemory);

    await acceptsTable(copy.path);
    await fsck(copy, 2);
    const tree = (of: Disk): Promise<unknown> => withVolume(of, 2, (folder) => hashTree(folder), { readOnly: true });
    expect(await tree(copy)).toEqual(await tree(disk));
    for (const path of [disk.path, copy.path, target]) await rm(path, { recursive: true });
  },
  60_000,
);
