import { isSysimageError, objectName } from '@sysimage/core/plugin';
import { aName, pattern, put, read } from '../bytes.js';
import { check, mustReject } from '../check.js';
import type { KitCase } from '../kit.js';

export const errorCases: readonly KitCase[] = [
  {
    name: 'errors: what is not there is not-found, with the name, and is not to be tried again',
    run: async ({ target }) => {
      const error: unknown = await read(target, aName, 0, 1).catch((caught: unknown) => caught);
      check(isSysimageError(error, 'not-found'), `get of a missing object gives ${String(error)}`);
      check(error.retry === 'never', 'a missing object is to be tried again');
      await mustReject(
        read(target, objectName('a', 'b', 'c'), 0, 0),
        ['not-found'],
        'an empty range of a missing object',
      );
    },
  },
  {
    name: 'errors: an object in another state than the reader wants is not-found',
    needs: 'rewriting',
    run: async ({ target }) => {
      const { state } = await put(target, aName, pattern(10, 1));
      if (state === undefined) return 'this place tells no states';
      for await (const chunk of target.get(aName, { start: 0, end: 10 }, { state }))
        check(chunk.length > 0, 'nothing came');
      await put(target, aName, pattern(10, 2));
      const get = (async () => {
        for await (const _ of target.get(aName, { start: 0, end: 10 }, { state }))
          check(false, 'the new bytes come as the old ones');
      })();
      await mustReject(get, ['not-found'], 'get of a state that is gone');
      return undefined;
    },
  },
];
