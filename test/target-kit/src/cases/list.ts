import { objectName } from '@sysimage/core/plugin';
import { listed, pattern, put } from '../bytes.js';
import { check } from '../check.js';
import type { KitCase } from '../kit.js';

export const listCases: readonly KitCase[] = [
  {
    name: 'list: nothing on an empty place, and below a prefix that is not there',
    run: async ({ target }) => {
      check((await listed(target, '')).length === 0, 'an empty place lists something');
      check((await listed(target, objectName('no', 'such'))).length === 0, 'a missing prefix lists something');
    },
  },
  {
    name: 'list: in the order of the bytes of whole names, and only below the prefix',
    run: async ({ target }) => {
      const names = ['a/b/1', 'a/b-/1', 'a/b.c/2', 'a/b0', 'a/bc/1', 'a-b', 'a.b', 'a0', 'b/a'];
      for (const name of names.toReversed()) await put(target, objectName(...name.split('/')), pattern(1));
      const all = await listed(target, '');
      check(all.join() === names.toSorted().join(), `list is not in name order: ${all.join()}`);
      const below = await listed(target, objectName('a', 'b'));
      check(below.join() === 'a/b/1', `list below a/b yields ${below.join()}`);
      const after = await listed(target, objectName('a'), objectName('a', 'b', '1'));
      check(after.join() === 'a/b0,a/bc/1', `list below a after a/b/1 yields ${after.join()}`);
      const between = await listed(target, '', objectName('a', 'zz'));
      check(between.join() === 'a0,b/a', `list after a name that is not there yields ${between.join()}`);
    },
  },
  {
    name: 'list: every name once, more than a page of them, and from the middle',
    run: async ({ target }, setup) => {
      const { manyObjects = 1100 } = setup;
      const names = Array.from({ length: manyObjects }, (_, i) => objectName('page', `n${String(i).padStart(5, '0')}`));
      for (let i = 0; i < names.length; i += 25) {
        await Promise.all(names.slice(i, i + 25).map((name) => put(target, name, pattern(2))));
      }
      const all = await listed(target, objectName('page'));
      check(all.length === names.length, `list yields ${all.length} of ${names.length} names`);
      check(all.join() === names.join(), 'list yields a name twice, or out of order');
      const middle = names[Math.floor(names.length / 2)];
      const rest = await listed(target, objectName('page'), middle);
      check(rest.join() === names.slice(Math.floor(names.length / 2) + 1).join(), 'list after the middle is wrong');
      if (setup.writeOnce === true) return;
      const seen: string[] = [];
      for await (const { name } of target.list(objectName('page'))) {
        seen.push(name);
        if (seen.length <= 3) await target.remove(name);
      }
      check(seen.join() === names.join(), 'objects that are removed while they are listed hide others');
      check((await listed(target, '')).length === names.length - 3, 'list shows removed objects, or loses others');
    },
  },
  {
    name: 'list: tells sizes, and stops when nobody asks for more',
    run: async ({ target }) => {
      for (let i = 0; i < 5; i += 1) await put(target, objectName('s', `o${i}`), pattern(i * 100));
      let i = 0;
      for await (const stat of target.list(objectName('s'))) {
        check(stat.size === i * 100, `list says that ${stat.name} has ${stat.size} bytes`);
        i += 1;
      }
      for await (const stat of target.list('')) if (stat.size === 0) break;
      await put(target, objectName('s', 'o5'), pattern(500));
      check((await listed(target, '')).length === 6, 'after a list that was left, another one is wrong');
    },
  },
];
