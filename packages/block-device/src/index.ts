export { deviceNumber } from './device-number.js';
export { createDisks, recordedDisks, type MachineDisks } from './disks.js';
export { machineRecordSchema, parseMachineRecord, type MachineRecord } from './machine-record.js';
export type { RecordHeader } from './record-machine.js';
export type { SystemRoots } from './system-roots.js';
export { mountOf, type Mount } from './mount-table.js';
export { readMounts } from './running-machine.js';
export { systemRoots } from './system-roots.js';
