import { deriveCapabilities, isSysimageError, objectName } from '@sysimage/core/plugin';
import { aName, listed, pattern, put, read } from '../bytes.js';
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
    name: 'errors: a signal that is aborted ends every call with cancelled',
    run: async ({ target }) => {
      await put(target, aName, pattern(10));
      const controller = new AbortController();
      controller.abort();
      const { signal } = controller;
      await mustReject(target.stat(aName, { signal }), ['cancelled'], 'a cancelled stat');
      const get = (async () => {
        for await (const _ of target.get(aName, { start: 0, end: 10 }, { signal }))
          check(false, 'a cancelled get yields');
      })();
      await mustReject(get, ['cancelled'], 'a cancelled get');
      check((await listed(target, '')).length === 1, 'cancelled calls changed something');
    },
  },
  {
    name: 'errors: an object in another state than the reader wants is not-found',
    needsRewriting: true,
    run: async ({ target }) => {
      const { state } = await put(target, aName, pattern(10, 1));
      if (state === undefined) return;
      for await (const chunk of target.get(aName, { start: 0, end: 10 }, { state }))
        check(chunk.length > 0, 'nothing came');
      await put(target, aName, pattern(10, 2));
      const get = (async () => {
        for await (const _ of target.get(aName, { start: 0, end: 10 }, { state }))
          check(false, 'the new bytes come as the old ones');
      })();
      await mustReject(get, ['not-found'], 'get of a state that is gone');
    },
  },
  {
    name: 'facets: exactly those that the manifest declares, and flags that follow from them',
    run: async ({ target }, { facets, maybe = [], writeOnce = false }) => {
      const found = Object.entries(target.facets).flatMap(([name, facet]) => (facet === undefined ? [] : [name]));
      for (const name of facets) check(found.includes(name), `the declared facet ${name} is missing`);
      const declared = new Set<string>([...facets, ...maybe]);
      for (const name of found) check(declared.has(name), `the facet ${name} was not declared`);
      check(
        JSON.stringify(target.capabilities) === JSON.stringify(deriveCapabilities(target)),
        'the flags are not the derived ones',
      );
      check(target.traits.writeOnce === writeOnce, `writeOnce is ${target.traits.writeOnce}`);
      check(target.traits.identity !== '' && target.traits.location !== '', 'identity or location is empty');
    },
  },
  {
    name: 'capacity: numbers of bytes that make sense',
    facet: 'capacity',
    run: async ({ target }) => {
      const { total, free } = (await target.facets.capacity?.read()) ?? {};
      for (const value of [total, free]) {
        check(value === undefined || (Number.isSafeInteger(value) && value >= 0), `capacity is ${value}`);
      }
      check(total === undefined || free === undefined || free <= total, 'more is free than there is');
    },
  },
  {
    name: 'write once: what is there stays',
    run: async ({ target }, { writeOnce }) => {
      if (writeOnce !== true) return;
      await put(target, aName, pattern(10));
      await mustReject(target.remove(aName), ['unsupported'], 'remove on a medium that is written once');
      await mustReject(
        put(target, aName, pattern(10, 2)),
        ['unsupported', 'already-exists'],
        'replacing what was written once',
      );
    },
  },
];
