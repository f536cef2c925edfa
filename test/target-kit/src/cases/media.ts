import { ExtentSet } from '@sysimage/extents';
import { aName, pattern, put } from '../bytes.js';
import { check } from '../check.js';
import type { KitCase } from '../kit.js';

export const mediaCases: readonly KitCase[] = [
  {
    name: 'media: every byte of an object lies on a piece that has a label',
    facet: 'media',
    run: async ({ target }) => {
      await put(target, aName, pattern(100_000));
      const asked = [
        { start: 0, end: 10 },
        { start: 50_000, end: 100_000 },
      ];
      const pieces = (await target.facets.media?.locate(aName, asked)) ?? [];
      const found = ExtentSet.from(pieces.flatMap(({ ranges }) => ranges));
      check(ExtentSet.from(asked).subtract(found).isEmpty, 'locate leaves out bytes');
      for (const { piece, label } of pieces) check(piece !== '' && label !== '', 'a piece has no name or label');
      check(found.subtract(ExtentSet.from(asked)).isEmpty, 'locate names bytes that nobody asked for');
      check(new Set(pieces.map(({ piece }) => piece)).size === pieces.length, 'a piece is named twice');
    },
  },
];
