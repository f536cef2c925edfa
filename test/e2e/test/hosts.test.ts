import { describe, expect, test } from '@jest/globals';
import {
  constant,
  coreServices,
  service,
  tokens,
  type Clock,
  type Plugin,
  type Service,
  type Token,
} from '@sysimage/core';
import { compose as composeWithInversify } from '@sysimage/host-inversify';
import { compose as composeWithTsyringe } from '@sysimage/host-tsyringe';
import { PassingClock } from '../src/passing-clock.js';

// What a list of services means does not depend on the container that puts it together.

type Compose = (services: readonly Service[]) => { get<T>(token: Token<T>): T };

const hosts: readonly (readonly [string, Compose])[] = [
  ['inversify', composeWithInversify],
  ['tsyringe', (services) => composeWithTsyringe(services)],
];

const clockAt = (time: number): Clock => new PassingClock(() => time);
const plugin: Plugin = { meta: { name: 'p', version: '1', api: 1 }, targets: [] };

/** All that core needs for its registry and its host interface. */
const outside = [
  constant(tokens.clock, clockAt(0)),
  constant(tokens.random, { bytes: (length) => new Uint8Array(length) }),
  constant(tokens.log, { write: () => undefined }),
  constant(tokens.disksBelow, () => Promise.resolve({ known: false, why: 'a test' })),
  constant(tokens.plugins, [plugin]),
  constant(tokens.hasher, {
    digest: () => new Uint8Array(32),
    digestEach: () => Promise.resolve(new Uint8Array(0)),
  }),
];

const first: Token<unknown> = { id: Symbol.for('sysimage-test.first') };
const second: Token<unknown> = { id: Symbol.for('sysimage-test.second') };
const third: Token<unknown> = { id: Symbol.for('sysimage-test.third') };

describe.each(hosts)('%s', (_, compose) => {
  test('core services are made from what a host binds', () => {
    const composition = compose([...outside, ...coreServices]);
    expect(composition.get(tokens.host).now()).toEqual(new Date(0));
    expect(composition.get(tokens.registry).kinds).toEqual([]);
  });

  test('nothing is made before it is asked for, and then once, with all that it needs', () => {
    const made: string[] = [];
    const composition = compose([
      service(first, [second, third], (...needed) => {
        made.push('first');
        return needed;
      }),
      service(second, [third], (needed) => {
        made.push('second');
        return { needed };
      }),
      service(third, [], () => {
        made.push('third');
        return {};
      }),
    ]);
    expect(made).toEqual([]);
    composition.get(third);
    expect(made).toEqual(['third']);
    expect(composition.get(first)).toBe(composition.get(first));
    expect(composition.get(first)).toEqual([composition.get(second), composition.get(third)]);
    expect(made.toSorted()).toEqual(['first', 'second', 'third']);
  });

  test('the later of two services for one token counts, and the earlier is never made', () => {
    const never = service(tokens.clock, [], () => {
      throw new Error('was made');
    });
    const composition = compose([never, ...outside, ...coreServices, constant(tokens.clock, clockAt(86_400_000))]);
    expect(composition.get(tokens.host).now()).toEqual(new Date(86_400_000));
  });

  test('services of core can be replaced as any other', () => {
    const registry = { ...compose([...outside, ...coreServices]).get(tokens.registry) };
    const composition = compose([...coreServices, ...outside, constant(tokens.registry, registry)]);
    expect(composition.get(tokens.registry)).toBe(registry);
  });

  test.each([undefined, false, 0, ''])('%p is a value as any other', (value) => {
    let made = 0;
    const composition = compose([
      service(first, [], () => {
        made += 1;
        return value;
      }),
      service(second, [first], (needed) => [needed]),
    ]);
    expect([composition.get(first), composition.get(first), composition.get(second)]).toEqual([value, value, [value]]);
    expect(made).toBe(1);
  });

  test('what nobody bound is named, and so is who needs it', () => {
    expect(() => compose([]).get(tokens.engine)).toThrow(/sysimage\.engine/u);
    const composition = compose(coreServices);
    expect(() => composition.get(tokens.host)).toThrow(/sysimage\.clock/u);
    expect(() => composition.get(tokens.host)).toThrow(/sysimage\.host/u);
  });

  test('services that need each other are named', () => {
    const composition = compose([
      service(first, [second], () => 1),
      service(second, [third], () => 2),
      service(third, [second], () => 3),
    ]);
    expect(() => composition.get(first)).toThrow(
      /sysimage-test\.second\W.*sysimage-test\.third\W.*sysimage-test\.second/u,
    );
    expect(() => composition.get(third)).toThrow(
      /sysimage-test\.third\W.*sysimage-test\.second\W.*sysimage-test\.third/u,
    );
  });

  test('a factory that fails says so itself, and is asked again', () => {
    let tries = 0;
    const composition = compose([
      service(first, [], () => {
        tries += 1;
        if (tries === 1) throw new Error('not yet');
        return 'made';
      }),
      service(second, [first], (needed) => needed),
    ]);
    expect(() => composition.get(second)).toThrow('not yet');
    expect(composition.get(second)).toBe('made');
  });

  test('two compositions share nothing', () => {
    const services = [service(first, [], () => ({}))];
    expect(compose(services).get(first)).not.toBe(compose(services).get(first));
  });
});
