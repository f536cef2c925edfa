import { isSysimageError, objectName } from '@sysimage/core/plugin';
import { holds, listed, pattern, put } from '../bytes.js';
import { check, describe } from '../check.js';
import type { KitCase } from '../kit.js';

const longSegment = 'a23456789-123456789_123456789.123456789a123456789b123456789c1234';

/** Beginnings of device names, temporary files, hidden ends, what tools leave out. */
const special = [
  'console/com',
  'com10',
  'nul-1',
  'prn_',
  'auxiliary',
  'a.con',
  'lpt/a.nul',
  'a.tmp',
  'b.part',
  'c.bak/d.lock',
  'desktop.ini',
  'thumbs.db',
  'a..b',
  'end-',
  'end_',
  'index.html',
  '1e5',
  '0x10',
  'node_modules',
  'lost-found',
];

export const nameCases: readonly KitCase[] = [
  {
    name: 'names: every letter, the longest segment, the greatest depth',
    run: async ({ target, reopen }, { depth = 8 }) => {
      const names = [
        objectName('0'),
        objectName('abcdefghijklmnopqrstuvwxyz0123456789._-'),
        objectName(longSegment),
        objectName(...Array.from({ length: depth }, (_, i) => `${i + 1}`)),
        objectName('deep', ...Array.from({ length: depth - 1 }, () => longSegment)),
      ];
      for (const [i, name] of names.entries()) await put(target, name, pattern(10 + i, i));
      const again = await reopen();
      for (const [i, name] of names.entries()) await holds(again, name, pattern(10 + i, i), 'after opening anew');
      check((await listed(again, '')).join() === names.toSorted().join(), 'list does not yield the names as they are');
      await again.close();
    },
  },
  {
    name: 'names: those that other programs mean something by are names like others',
    run: async ({ target, reopen }) => {
      const names = special.map((name) => objectName(...name.split('/')));
      for (const [i, name] of names.entries()) await put(target, name, pattern(30 + i, i));
      const again = await reopen();
      check((await listed(again, '')).join() === names.toSorted().join(), 'list leaves some of them out');
      for (const [i, name] of names.entries()) await holds(again, name, pattern(30 + i, i), 'a name like others');
      await again.close();
    },
  },
  {
    name: 'names: an object, and one below its name: both, or the second is refused and the first stays',
    run: async ({ target }) => {
      const [outer, inner] = [objectName('both'), objectName('both', 'inside')];
      await put(target, outer, pattern(40, 1));
      const refused: unknown = await put(target, inner, pattern(50, 2)).then(
        () => undefined,
        (error: unknown) => error ?? 'nothing',
      );
      if (refused === undefined) await holds(target, inner, pattern(50, 2), 'below an object');
      else check(isSysimageError(refused, 'already-exists'), `an object below an object: ${describe(refused)}`);
      await holds(target, outer, pattern(40, 1), 'with one below its name');
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
