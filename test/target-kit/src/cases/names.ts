import { objectName } from '@sysimage/core/plugin';
import { holds, listed, pattern, put } from '../bytes.js';
import { check } from '../check.js';
import type { KitCase } from '../kit.js';

const longSegment = 'a23456789-123456789_123456789.123456789a123456789b123456789c1234';

export const nameCases: readonly KitCase[] = [
  {
    name: 'names: every letter, the longest segment, the greatest depth',
    run: async ({ target, reopen }) => {
      const names = [
        objectName('0'),
        objectName('abcdefghijklmnopqrstuvwxyz0123456789._-'),
        objectName(longSegment),
        objectName('1', '2', '3', '4', '5', '6', '7', '8'),
        objectName('deep', longSegment, longSegment),
      ];
      for (const [i, name] of names.entries()) await put(target, name, pattern(10 + i, i));
      const again = await reopen();
      for (const [i, name] of names.entries()) await holds(again, name, pattern(10 + i, i), 'after opening anew');
      check((await listed(again, '')).join() === names.toSorted().join(), 'list does not yield the names as they are');
      await again.close();
    },
  },
  {
    name: 'names: those that look alike are different objects',
    run: async ({ target }) => {
      const names = ['a/b', 'a/b.c', 'a/b-c', 'a/b_c', 'a/bc', 'a.b', 'a-b', 'a_b'].map((name) =>
        objectName(...name.split('/')),
      );
      for (const [i, name] of names.entries()) await put(target, name, pattern(20, i));
      for (const [i, name] of names.entries()) await holds(target, name, pattern(20, i), 'beside names like it');
    },
  },
];
