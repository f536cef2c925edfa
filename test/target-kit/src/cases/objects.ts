import { objectName } from '@sysimage/core/plugin';
import { aName, holds, listed, pattern, put, read, reusing } from '../bytes.js';
import { check, mustReject } from '../check.js';
import type { KitCase } from '../kit.js';

export const objectCases: readonly KitCase[] = [
  {
    name: 'stat: undefined for what is not there, and for a prefix of a name',
    run: async ({ target }) => {
      check((await target.stat(aName)) === undefined, 'stat finds an object on an empty place');
      await put(target, objectName('a', 'b', 'c'), pattern(3));
      check((await target.stat(objectName('a', 'b'))) === undefined, 'stat takes a prefix for an object');
      check((await target.stat(objectName('a', 'b', 'c', 'd'))) === undefined, 'stat finds something below an object');
    },
  },
  {
    name: 'put and get: empty objects',
    run: async ({ target, reopen }) => {
      await put(target, aName, new Uint8Array(0));
      const again = await reopen();
      await holds(again, aName, new Uint8Array(0), 'an empty object');
      check((await listed(again, '')).length === 1, 'list leaves out an empty object');
      await again.close();
    },
  },
  {
    name: 'put and get: 9 MiB in pieces of a buffer that is used again',
    run: async ({ target, reopen }) => {
      const bytes = pattern(9 * 1024 * 1024 + 17, 3);
      const stat = await target.put(aName, bytes.length, reusing(bytes, 300_000));
      check(stat.size === bytes.length && stat.name === aName, 'put does not tell name and size');
      const again = await reopen();
      await holds(again, aName, bytes, 'a large object');
      await again.close();
    },
  },
  {
    name: 'put: durable and visible to others when it resolves',
    run: async ({ target, reopen }) => {
      await put(target, aName, pattern(5000));
      const other = await reopen();
      await holds(other, aName, pattern(5000), 'seen by another');
      await other.close();
    },
  },
  {
    name: 'put: replaces an older object, whole',
    needs: 'rewriting',
    run: async ({ target, reopen }) => {
      await put(target, aName, pattern(70_000, 1));
      const before = await target.stat(aName);
      await put(target, aName, pattern(300, 2));
      await holds(target, aName, pattern(300, 2), 'replaced by a shorter one');
      const after = await target.stat(aName);
      check(
        before?.state === undefined || before.state !== after?.state,
        'the state is the same although the object is another',
      );
      await put(target, aName, pattern(90_000, 3));
      const again = await reopen();
      await holds(again, aName, pattern(90_000, 3), 'replaced by a longer one');
      await again.close();
    },
  },
  {
    name: 'put: replaces an object by another of the same size',
    needs: 'rewriting',
    run: async ({ target, reopen }) => {
      await put(target, aName, pattern(60_000, 1));
      await read(target, aName, 0, 60_000);
      await put(target, aName, pattern(60_000, 2));
      await holds(target, aName, pattern(60_000, 2), 'replaced by one of the same size');
      const again = await reopen();
      await holds(again, aName, pattern(60_000, 2), 'replaced by one of the same size, seen by another');
      await again.close();
    },
  },
  {
    name: 'remove: takes the object and no other',
    needs: 'rewriting',
    run: async ({ target }) => {
      const names = ['a/b', 'a/b-', 'a/b.c', 'a/bc', 'a/d/e', 'b/b'].map((name) => objectName(...name.split('/')));
      for (const [i, name] of names.entries()) await put(target, name, pattern(10 + i, i));
      await target.remove(objectName('a', 'd'));
      await target.remove(objectName('a', 'b'));
      check(
        (await listed(target, '')).join() === 'a/b-,a/b.c,a/bc,a/d/e,b/b',
        'remove took another object, or left its own',
      );
      for (const [i, name] of names.entries())
        if (i > 0) await holds(target, name, pattern(10 + i, i), 'beside a removed one');
    },
  },
  {
    name: 'remove: durable, and a missing object is fine',
    needs: 'rewriting',
    run: async ({ target, reopen }) => {
      await target.remove(aName);
      await put(target, aName, pattern(10));
      await put(target, objectName('kit', 'other'), pattern(10));
      await target.remove(aName);
      await target.remove(aName);
      const again = await reopen();
      check((await again.stat(aName)) === undefined, 'a removed object is there');
      check((await listed(again, '')).join() === 'kit/other', 'list after remove is wrong');
      await mustReject(read(again, aName, 0, 1), ['not-found'], 'get of a removed object');
      await again.close();
    },
  },
];
