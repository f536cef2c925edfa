import { ByteView, FormatError } from '@sysimage/bytes';
import type { Volume } from '../volume.js';
import type { XfsSuperblock } from './superblock.js';

/** The log counts in these, whatever the sectors. */
const basicBlock = 512;
/** What the kernel keeps in flight at most: eight records of 256 KiB. Blocks of a torn write lie no further apart. */
const windowBlocks = (8 * 256 * 1024) / basicBlock;
const recordMagic = 0xfeedbabe;
const headerCycleSize = 32 * 1024;
const unmountFlag = 0x20;

/**
 * Whether the last record of the log is the one an orderly unmount writes. As the kernel looks for the head of its log: every
 * 512 bytes begin with the number of the round they were written in, which falls by one where the writing stopped.
 */
export async function wasUnmounted(volume: Volume, superblock: XfsSuperblock): Promise<boolean> {
  const log = new Log(volume, superblock);
  const [first, last] = [await log.cycle(0), await log.cycle(log.blocks - 1)];
  if (first === 0) return false; // never written to: mkfs writes this very record
  const head = first === last ? log.blocks : await log.firstNotOf(first);
  const around = Math.min(windowBlocks, Math.floor(log.blocks / 2));
  // Torn writes leave rounds mixed around the head. Such a log was not closed.
  const after = await log.cycles(head, Math.min(around, log.blocks - head));
  if (after.some((cycle) => cycle !== last)) return false;
  const before = await log.view(head - Math.min(around, head), Math.min(around, head));
  let record: number | undefined;
  for (let block = 0; block * basicBlock < before.length; block += 1) {
    const cycle = cycleOf(before, block);
    if (cycle !== first) return false;
    if (before.u32be(block * basicBlock) === recordMagic) record = block;
  }
  return record !== undefined && isUnmountRecord(before, record);
}

/** A record of one operation, "unmount", that ends where `view` does. */
function isUnmountRecord(view: ByteView, block: number): boolean {
  const header = view.view(block * basicBlock, basicBlock);
  const roundSize = header.u32be(320);
  const isWide = (header.u32be(8) & 2) !== 0 && roundSize > headerCycleSize;
  const data = block + (isWide ? Math.ceil(roundSize / headerCycleSize) : 1);
  const end = data + Math.ceil(header.u32be(12) / basicBlock);
  if (end * basicBlock !== view.length || header.u32be(40) !== 1 || data >= end) return false;
  return (view.u8(data * basicBlock + 9) & unmountFlag) !== 0;
}

/** Record headers have their magic where other blocks have the round, and the round after it. */
function cycleOf(view: ByteView, block: number): number {
  const word = view.u32be(block * basicBlock);
  return word === recordMagic ? view.u32be(block * basicBlock + 4) : word;
}

class Log {
  readonly #volume: Volume;
  readonly #offset: number;
  readonly blocks: number;

  constructor(volume: Volume, { logOffset, logSize }: XfsSuperblock) {
    this.#volume = volume;
    this.#offset = logOffset;
    this.blocks = Math.floor(logSize / basicBlock);
    if (this.blocks < 2) throw new FormatError('corrupt', `XFS log of ${logSize} bytes`);
  }

  async view(block: number, count: number): Promise<ByteView> {
    const offset = this.#offset + block * basicBlock;
    return new ByteView(await this.#volume.read(offset, count * basicBlock), 'XFS log', offset);
  }

  async cycle(block: number): Promise<number> {
    return cycleOf(await this.view(block, 1), 0);
  }

  async cycles(block: number, count: number): Promise<readonly number[]> {
    const view = await this.view(block, count);
    return Array.from({ length: count }, (_, index) => cycleOf(view, index));
  }

  /** The first block that was not written in the round `cycle`, by bisection; block 0 was. */
  async firstNotOf(cycle: number): Promise<number> {
    let [written, other] = [0, this.blocks - 1];
    while (other - written > 1) {
      const middle = Math.floor((written + other) / 2);
      if ((await this.cycle(middle)) === cycle) written = middle;
      else other = middle;
    }
    return other;
  }
}
