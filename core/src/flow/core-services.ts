import { SysimageError } from '../contract/errors.js';
import type { Host } from '../contract/plugin.js';
import { constant, service, tokens, type Service } from '../contract/services.js';
import { createEngine } from './engine-service.js';
import { createRegistry } from './target-registry.js';

/** What core makes out of the services of a host: the host interface of plugins, the registry, the engine. */
export const coreServices: readonly Service[] = [
  service(
    tokens.host,
    [tokens.clock, tokens.random, tokens.log, tokens.disksBelow],
    (clock, random, log, disksBelow): Host => ({
      now: () => clock.now(),
      log: (event, fields) => log.write(event, fields),
      random: (length) => random.bytes(length),
      disksBelow: (path) => disksBelow(path),
      requestMedium: ({ label, reason }) =>
        Promise.reject(new SysimageError('media-required', `the medium "${label}" is needed: ${reason}`)),
    }),
  ),
  service(tokens.registry, [tokens.plugins, tokens.host, tokens.hasher], createRegistry),
  // A host that knows none takes volumes in use as they are, or not at all.
  constant(tokens.snapshots, []),
  service(
    tokens.engine,
    [tokens.clock, tokens.random, tokens.log, tokens.hasher, tokens.machine, tokens.disks, tokens.snapshots],
    (clock, random, log, hasher, machine, disks, snapshots) =>
      createEngine({ clock, random, log, hasher, machine, disks, snapshots }),
  ),
];
