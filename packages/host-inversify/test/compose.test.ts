import { expect, test } from '@jest/globals';
import { constant, service, tokens, type Clock, type Log } from '@sysimage/core';
import { Container } from 'inversify';
import { serviceModule } from '../src/index.js';

// What all hosts promise is tried in test/e2e; here is what only inversify has.

const still: Clock = {
  now: () => new Date(0),
  elapsed: () => 0,
  after: () => () => undefined,
  sleep: () => Promise.resolve(),
};

test('a container that is there already takes the list, and what it bound itself is used', () => {
  const written: string[] = [];
  const container = new Container();
  container.bind<Clock>(tokens.clock.id).toConstantValue(still);
  const log = service(tokens.log, [tokens.clock], (clock): Log => ({
    write: (event) => void written.push(`${clock.now().getTime()} ${event}`),
  }));
  container.load(serviceModule([constant(tokens.log, { write: () => undefined }), log]));
  container.get<Log>(tokens.log.id).write('begun');
  expect(written).toEqual(['0 begun']);
});
