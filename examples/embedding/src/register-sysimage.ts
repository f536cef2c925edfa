import { createDisks } from '@sysimage/block-device';
import { constant, coreServices, service, tokens, type Log } from '@sysimage/core';
import { registerServices } from '@sysimage/host-tsyringe';
import { createHasher, createMachine, createRandom } from '@sysimage/node-services';
import { plugin as policies } from '@sysimage/policies-recommended';
import { plugin as directory } from '@sysimage/target-directory';
import type { DependencyContainer } from 'tsyringe';
import { ServerClock } from './server-clock.js';

/** The services of sysimage in the container of this program. */
export function registerSysimage(container: DependencyContainer): void {
  const disks = createDisks();
  registerServices(container, [
    ...coreServices,
    service(tokens.random, [], createRandom),
    service(tokens.hasher, [], createHasher),
    service(tokens.machine, [], () => createMachine()),
    constant(tokens.disks, disks),
    constant(tokens.disksBelow, (path) => disks.disksBelow(path)),
    constant(tokens.plugins, [directory, policies]),
  ]);
  // What this program has of its own is registered as it always is, under the symbol of the token.
  container.registerSingleton(tokens.clock.id, ServerClock);
  container.register<Log>(tokens.log.id, {
    useValue: { write: (event, fields) => console.error('sysimage:', event, fields ?? {}) },
  });
}
