import { SysimageError, type Disks, type DisksBelow } from '@sysimage/core/plugin';
import { createBlockDevices } from './block-devices.js';
import { openDiskDestination } from './disk-destination.js';
import type { DiskSurroundings } from './disk-file.js';
import { openDiskSource } from './disk-source.js';
import { createPhysicalDisks } from './disks-below.js';
import { isHeldElsewhere } from './held-elsewhere.js';
import { readInventory } from './inventory.js';
import { parseMachineRecord, type MachineRecord } from './machine-record.js';
import type { MachineSource } from './machine-source.js';
import { headerOf, recordMachine, type RecordHeader } from './record-machine.js';
import { createRecordedMachine } from './recorded-machine.js';
import { createRunningMachine } from './running-machine.js';
import { systemRoots, type SystemRoots } from './system-roots.js';

/** The disks of a machine, and which of them lie below a path. */
export interface MachineDisks extends Disks {
  /** Below a file, folder or device, or below where one would be made. */
  disksBelow(path: string): Promise<DisksBelow>;
  /** All that is known, as raw facts: `recordedDisks` makes the same of them on any machine. */
  record(header: RecordHeader): Promise<MachineRecord>;
}

/** The disks of this Linux. On another system no disk is listed and what lies below a path is unknown. */
export function createDisks(options: Partial<SystemRoots> = {}): MachineDisks {
  const roots = systemRoots(options);
  const source = createRunningMachine(roots);
  const { surroundings, ...known } = disksOf(source);
  return {
    ...known,
    openSource: (path) => openDiskSource(path, { ...surroundings, isHeld: (name) => isHeldElsewhere(name, roots) }),
    openDestination: async (path, size) => {
      if (!Number.isSafeInteger(size) || size < 0) {
        throw new SysimageError('invalid', `${size} is no size of a disk`, { operation: 'open', context: { path } });
      }
      return openDiskDestination(path, size, surroundings);
    },
  };
}

/** The disks of a recorded machine, and what its record says beside them. */
export interface RecordedDisks extends MachineDisks {
  readonly header: RecordHeader;
}

/**
 * The disks of a recorded machine: what is on them nobody recorded, so that opening one is `unsupported`. Errors: `invalid` for a
 * text that is no record; `where` says for people where it is from.
 */
export function recordedDisks(json: string, where: string): RecordedDisks {
  const record = parseMachineRecord(json, where);
  const { surroundings: _, ...known } = disksOf(createRecordedMachine(record));
  const refuse = async (path: string): Promise<never> => {
    throw new SysimageError('unsupported', `${path} is a disk of a recorded machine: what is on it was not recorded`, {
      operation: 'open',
      context: { path },
    });
  };
  return { ...known, header: headerOf(record), openSource: refuse, openDestination: refuse };
}

function disksOf(source: MachineSource): Omit<MachineDisks, 'openSource' | 'openDestination'> & {
  readonly surroundings: DiskSurroundings;
} {
  const devices = createBlockDevices(source);
  const physical = createPhysicalDisks(source, devices);
  return {
    surroundings: { source, devices, physical },
    list: () => readInventory(source, devices, physical),
    disksBelow: (path) => physical.belowPath(path),
    record: (header) => recordMachine(source, header),
  };
}
