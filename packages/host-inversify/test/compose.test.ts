import { expect, test } from '@jest/globals';
import { constant, coreServices, service, tokens, type Clock, type Plugin } from '@sysimage/core';
import { compose } from '../src/index.js';

const clock: Clock = { now: () => new Date(0), after: () => () => undefined, sleep: () => Promise.resolve() };
const plugin: Plugin = { meta: { name: 'p', version: '1', api: 1 }, targets: [] };

const outside = [
  constant(tokens.clock, clock),
  constant(tokens.random, { bytes: (length) => new Uint8Array(length) }),
  constant(tokens.log, { write: () => undefined }),
  constant(tokens.disksBelow, () => Promise.resolve({ known: false, why: 'a test' })),
  constant(tokens.plugins, [plugin]),
];

test('core services are made from what a host binds', () => {
  const composition = compose([...outside, ...coreServices]);
  expect(composition.get(tokens.host).now()).toEqual(new Date(0));
  expect(composition.get(tokens.registry).kinds).toEqual([]);
});

test('a service is made once, when it is first asked for', () => {
  let made = 0;
  const counted = service(tokens.log, [], () => {
    made += 1;
    return { write: () => undefined };
  });
  const composition = compose([...outside, ...coreServices, counted]);
  expect(made).toBe(0);
  expect(composition.get(tokens.log)).toBe(composition.get(tokens.log));
  expect(made).toBe(1);
});

test('the later of two services for one token counts', () => {
  const later: Clock = { ...clock, now: () => new Date(86_400_000) };
  const composition = compose([...outside, ...coreServices, constant(tokens.clock, later)]);
  expect(composition.get(tokens.host).now()).toEqual(new Date(86_400_000));
});

test('a service that needs what nobody bound fails when it is asked for', () => {
  expect(() => compose(coreServices).get(tokens.engine)).toThrow();
});
