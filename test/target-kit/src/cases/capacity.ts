import { check, mustReject } from '../check.js';
import type { KitCase } from '../kit.js';

export const capacityCases: readonly KitCase[] = [
  {
    name: 'capacity: numbers of bytes that make sense',
    facet: 'capacity',
    run: async ({ target }) => {
      const { total, free } = (await target.facets.capacity?.read()) ?? {};
      for (const value of [total, free]) {
        check(value === undefined || (Number.isSafeInteger(value) && value >= 0), `capacity is ${value}`);
      }
      check(total === undefined || free === undefined || free <= total, `${free} bytes of ${total} are free`);
    },
  },
  {
    name: 'capacity: can be cancelled',
    facet: 'capacity',
    run: async ({ target }) => {
      const controller = new AbortController();
      controller.abort();
      const work = target.facets.capacity?.read({ signal: controller.signal });
      await mustReject(work ?? Promise.resolve(), ['cancelled'], 'a cancelled look at the capacity');
    },
  },
];
