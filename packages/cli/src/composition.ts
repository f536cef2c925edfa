import { createDisks } from '@sysimage/block-device';
import { constant, coreServices, service, tokens, type Service } from '@sysimage/core';
import { createClock, createHasher, createLog, createMachine, createRandom } from '@sysimage/node-services';
import { plugin as policies } from '@sysimage/policies-recommended';
import { plugin as directory } from '@sysimage/target-directory';

/** Everything the command is made of; whatever is appended replaces what stands before it. */
export function services(writeLog: ((line: string) => void) | undefined): readonly Service[] {
  const disks = createDisks();
  return [
    ...coreServices,
    service(tokens.clock, [], createClock),
    service(tokens.random, [], createRandom),
    service(tokens.hasher, [], createHasher),
    service(tokens.machine, [], () => createMachine()),
    constant(tokens.log, writeLog === undefined ? { write: () => undefined } : createLog(writeLog)),
    constant(tokens.disks, disks),
    constant(tokens.disksBelow, (path) => disks.disksBelow(path)),
    constant(tokens.plugins, [directory, policies]),
  ];
}
