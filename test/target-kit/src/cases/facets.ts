import { deriveCapabilities } from '@sysimage/core/plugin';
import { aName, holds, pattern, put } from '../bytes.js';
import { check, mustReject } from '../check.js';
import type { KitCase } from '../kit.js';

export const facetCases: readonly KitCase[] = [
  {
    name: 'facets: exactly those that the manifest declares',
    run: async ({ target }, { facets, maybe = [] }) => {
      const found = Object.entries(target.facets).flatMap(([name, facet]) => (facet === undefined ? [] : [name]));
      for (const name of facets) check(found.includes(name), `the declared facet ${name} is missing`);
      const declared = new Set<string>([...facets, ...maybe]);
      for (const name of found) check(declared.has(name), `the facet ${name} was not declared`);
    },
  },
  {
    name: 'flags: those that follow from facts and facets',
    run: async ({ target }, { writeOnce = false }) => {
      check(
        JSON.stringify(target.capabilities) === JSON.stringify(deriveCapabilities(target)),
        'the flags are not the derived ones',
      );
      check(target.traits.writeOnce === writeOnce, `writeOnce is ${target.traits.writeOnce}`);
    },
  },
  {
    name: 'traits: the same place is the same to another, and says where it is',
    run: async ({ target, reopen }) => {
      const { identity, location } = target.traits;
      check(identity !== '' && location !== '', 'identity or location is empty');
      await put(target, aName, pattern(1));
      const again = await reopen();
      check(again.traits.identity === identity, `the identity was ${identity}, and is ${again.traits.identity}`);
      check(JSON.stringify(again.capabilities) === JSON.stringify(target.capabilities), 'the flags are others');
      await again.close();
    },
  },
  {
    name: 'write once: what is there stays',
    needs: 'write-once',
    run: async ({ target }) => {
      await put(target, aName, pattern(10));
      await mustReject(target.remove(aName), ['unsupported'], 'remove on a medium that is written once');
      await mustReject(
        put(target, aName, pattern(10, 2)),
        ['unsupported', 'already-exists'],
        'replacing what was written once',
      );
      await holds(target, aName, pattern(10), 'written once');
    },
  },
];
