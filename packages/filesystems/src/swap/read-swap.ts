import type { ByteView } from '@sysimage/bytes';
import { AllocationMapBuilder } from '../allocation-map-builder.js';
import { fileSystem, type FileSystem } from '../file-system.js';
import { utf8Field, uuidField } from '../text.js';
import type { Volume } from '../volume.js';

/** The mark ends the first page, and pages differ between machines. */
const pageSizes = [4096, 8192, 16384, 32768, 65536];
const markSize = 10;
/** Put over the mark of swap space while an image of memory lies there: by the kernel, by uswsusp, by TuxOnIce. */
const imageMarks = ['S1SUSPEND', 'S2SUSPEND', 'ULSUSPEND', 'LINHIB0001', '\xed\xc3\x02\xe9\x98\x56\xe5\x0c'];

/** Reads the header of Linux swap space, as mkswap writes it, or returns `undefined` when it is none. */
export async function readSwap(volume: Volume, head: ByteView): Promise<FileSystem | undefined> {
  for (const pageSize of pageSizes) {
    if (pageSize > head.length) return undefined;
    const mark = head.latin1(pageSize - markSize, markSize);
    const base = fileSystem({ type: 'swap', id: uuidField(head, 1036), label: utf8Field(head, 1052, 16) });
    if (imageMarks.some((image) => mark.startsWith(image))) {
      const reason = 'hibernated';
      return { ...base, state: 'unclean', stateReason: reason, noMapReason: 'a hibernated system lies in it' };
    }
    if (mark === 'SWAP-SPACE') return { ...base, noMapReason: 'it is of the first version, which is not read here' };
    if (mark === 'SWAPSPACE2') return { ...base, ...findings(volume, head, pageSize) };
  }
  return undefined;
}

function findings(volume: Volume, head: ByteView, pageSize: number): Partial<FileSystem> {
  // Written in the order of the machine: what reads as another version was written by one of the other kind.
  if (head.u32le(1024) !== 1) return { noMapReason: `it is of version ${head.u32le(1024)}, which is not read here` };
  const size = (head.u32le(1028) + 1) * pageSize;
  if (size > volume.size) return { unitSize: pageSize, size, noMapReason: 'it claims to be larger than the volume' };
  // Whoever uses it next begins with empty pages: only the header and what does not belong to it are needed.
  const builder = new AllocationMapBuilder(volume.size);
  builder.add(0, pageSize);
  builder.add(size, volume.size);
  return { unitSize: pageSize, size, state: 'clean', allocated: builder.build() };
}
