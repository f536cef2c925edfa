import 'reflect-metadata';
import { expect, test } from '@jest/globals';
import { constant, service, tokens, type Clock, type Log } from '@sysimage/core';
import { container as global, type DependencyContainer } from 'tsyringe';
import { compose, registerServices } from '../src/index.js';

// What all hosts promise is tried in test/e2e; here is what only tsyringe has.

const clockAt = (time: number): Clock => ({
  now: () => new Date(time),
  elapsed: () => time,
  after: () => () => undefined,
  sleep: () => Promise.resolve(),
});

let made = 0;
/** Says what its clock says. */
const log = service(tokens.log, [tokens.clock], (clock): Log => {
  made += 1;
  return { write: () => void events.push(clock.now().getTime()) };
});
const events: number[] = [];

function written(container: DependencyContainer): number | undefined {
  container.resolve<Log>(tokens.log.id).write('event');
  return events.at(-1);
}

test('a container that is there already takes the list, and what it registered itself is used', () => {
  const container = global.createChildContainer();
  container.register<Clock>(tokens.clock.id, { useValue: clockAt(1) });
  registerServices(container, [constant(tokens.log, { write: () => undefined }), log]);
  expect(written(container)).toBe(1);
});

test('what is registered after the list replaces it, as long as nobody has asked', () => {
  const container = global.createChildContainer();
  registerServices(container, [log, constant(tokens.clock, clockAt(1))]);
  container.register<Clock>(tokens.clock.id, { useValue: clockAt(2) });
  expect(written(container)).toBe(2);
});

test('children share the singletons, which see nothing of what a child replaces', () => {
  const container = global.createChildContainer();
  registerServices(container, [log, constant(tokens.clock, clockAt(1))]);
  const child = container.createChildContainer();
  child.register<Clock>(tokens.clock.id, { useValue: clockAt(2) });
  const before = made;
  expect([written(child), written(container)]).toEqual([1, 1]);
  expect(made).toBe(before + 1);
});

test('a list that is registered in a child is made for the child alone', () => {
  const container = global.createChildContainer();
  registerServices(container, [log, constant(tokens.clock, clockAt(1))]);
  const child = container.createChildContainer();
  registerServices(child, [log, constant(tokens.clock, clockAt(2))]);
  expect([written(child), written(container)]).toEqual([2, 1]);
});

test('a composition lies below a container of the host, and leaves nothing in it', () => {
  const parent = global.createChildContainer();
  parent.register<Clock>(tokens.clock.id, { useValue: clockAt(3) });
  expect(written(compose([log], parent).container)).toBe(3);
  expect(parent.isRegistered(tokens.log.id, true)).toBe(false);
  expect(() => compose([log]).get(tokens.log)).toThrow('sysimage.log needs sysimage.clock, which nobody bound');
});
