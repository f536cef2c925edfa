import { disksOfThisMachine } from '@sysimage/block-device';
import { constant, coreServices, service, tokens, type Plugin, type Service } from '@sysimage/core';
import { createClock, createHasher, createLog, createMachine, createRandom } from '@sysimage/node-services';
import { createSnapshots } from '@sysimage/snapshots';
import { stateFolder } from './state/state-folder.js';

export interface Surroundings {
  readonly plugins: readonly Plugin[];
  /** Where log lines go; nowhere without it. */
  readonly writeLog: ((line: string) => void) | undefined;
}

/** Everything the command is made of; whatever is appended replaces what stands before it. */
export function services({ plugins, writeLog }: Surroundings): readonly Service[] {
  const disks = disksOfThisMachine();
  return [
    ...coreServices,
    service(tokens.clock, [], createClock),
    service(tokens.random, [], createRandom),
    service(tokens.hasher, [], createHasher),
    service(tokens.machine, [], () => createMachine()),
    constant(tokens.log, writeLog === undefined ? { write: () => undefined } : createLog(writeLog)),
    constant(tokens.disks, disks),
    constant(tokens.disksBelow, (path) => disks.disksBelow(path)),
    service(tokens.snapshots, [tokens.disks, tokens.disksBelow, tokens.machine], (...[known, below, machine]) =>
      createSnapshots({ disks: known, disksBelow: below, machine, alsoNeeded: [stateFolder(process.env)] }),
    ),
    constant(tokens.plugins, plugins),
  ];
}
