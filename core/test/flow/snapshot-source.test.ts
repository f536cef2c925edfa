import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SysimageError } from '../../src/contract/errors.js';
import type { SnapshotPiece } from '../../src/contract/snapshot.js';
import type { DiskSource } from '../../src/contract/source.js';
import { snapshotSource } from '../../src/flow/snapshot-source.js';

const size = 64;

function diskOf(bytes: Uint8Array): DiskSource {
  return {
    path: 'disk',
    kind: 'file',
    size,
    sectorSize: 512,
    mounts: [],
    read: async (offset, into) => into.set(bytes.subarray(offset, offset + into.length)),
    close: () => Promise.resolve(),
  };
}

function pieceOf(disk: string, start: number, end: number): SnapshotPiece {
  return {
    disk,
    start,
    end,
    read: async (offset, into) => {
      if (offset < start || offset + into.length > end) throw new RangeError(`${offset} is not in the piece`);
      into.fill(1);
    },
  };
}

test('every byte comes from its piece, and from the disk where there is none', async () => {
  const cuts = fc.uniqueArray(fc.integer({ min: 0, max: size }), { minLength: 2, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(cuts, fc.nat(size), fc.nat(size), async (places, one, two) => {
      const sorted = places.toSorted((a, b) => a - b);
      const pieces: SnapshotPiece[] = [];
      for (let i = 0; i + 1 < sorted.length; i += 2) pieces.push(pieceOf('disk', sorted[i] ?? 0, sorted[i + 1] ?? 0));
      const elsewhere = pieceOf('other', 0, size);
      const view = { pieces: [...pieces.toReversed(), elsewhere], assertIntact: () => undefined };
      const source = snapshotSource(diskOf(new Uint8Array(size)), view);
      const [start, end] = [Math.min(one, two), Math.max(one, two)];
      const read = new Uint8Array(end - start).fill(9);
      await source.read(start, read);
      const isIn = (at: number): boolean => pieces.some((piece) => at >= piece.start && at < piece.end);
      expect([...read]).toEqual([...read].map((_, i) => (isIn(start + i) ? 1 : 0)));
    }),
  );
});

test('what was read too late is not given away', async () => {
  let isIntact = true;
  const disk = diskOf(new Uint8Array(size));
  const source = snapshotSource(
    {
      ...disk,
      read: async (offset, into) => {
        await disk.read(offset, into);
        isIntact = false;
      },
    },
    {
      pieces: [],
      assertIntact: () => {
        if (!isIntact) throw new SysimageError('busy', 'thawed');
      },
    },
  );
  await expect(source.read(0, new Uint8Array(8))).rejects.toMatchObject({ code: 'busy' });
});
