import { SysimageError, type Media } from '@sysimage/core/plugin';
import type { Announce } from './calls.js';
import type { MemoryStore } from './memory-store.js';

const pieceSize = 30_000;

/** As if every object lay on small pieces, one after the other. */
export function media(store: MemoryStore, announce: Announce): Media {
  return {
    async locate(name, ranges, options) {
      await announce('locate', name, options);
      if (store.find(name) === undefined) {
        throw new SysimageError('not-found', `There is no object ${name}`, { operation: 'locate', context: { name } });
      }
      const pieces = new Map<number, { start: number; end: number }[]>();
      for (const { start, end } of ranges) {
        for (let at = start; at < end;) {
          const piece = Math.floor(at / pieceSize);
          const until = Math.min(end, (piece + 1) * pieceSize);
          pieces.set(piece, [...(pieces.get(piece) ?? []), { start: at, end: until }]);
          at = until;
        }
      }
      return [...pieces].map(([piece, held]) => ({ piece: `${piece}`, label: `Piece ${piece}`, ranges: held }));
    },
  };
}
