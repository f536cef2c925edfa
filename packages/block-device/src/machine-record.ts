import { SysimageError } from '@sysimage/core/plugin';
import { z } from 'zod';
import { readLsblk } from './lsblk.js';
import { parseMount } from './mount-table.js';

/** Characters. */
export const longestRecord = 32 * 2 ** 20;

const text = z.string().max(4096);
// Names become members of objects and parts of paths.
const deviceName = z.string().regex(/^(?!\.{1,2}$)[^/\0]{1,255}$/u, 'must be the name of a device');
const names = z.array(deviceName).max(4096);

const deviceSchema = z.strictObject({
  name: deviceName,
  /** Of a partition: the name of its disk. */
  disk: deviceName.optional(),
  /** Files below its folder in sysfs. */
  attributes: z.record(z.string().max(255), text),
  partitions: names,
  slaves: names,
  holders: names,
});

/** What one machine showed of its disks at one moment: raw facts, of which everything else is derived when they are read. */
export const machineRecordSchema = z.strictObject({
  format: z.literal('sysimage-machine/1'),
  system: z.literal('linux'),
  recordedAt: z.iso.datetime(),
  tool: text.optional(),
  hostName: text.optional(),
  machineId: text.optional(),
  blockDevices: z.array(deviceSchema).max(16_384),
  /** Lines of `/proc/self/mountinfo`. */
  mountinfo: z.array(z.string().max(65_536)).max(16_384),
  /** File systems that may lie on several devices. */
  btrfs: z.array(z.strictObject({ id: text, devices: names.max(128) })).max(256),
  /** By name of the disk, whether Windows made it a dynamic disk. */
  dynamicDisks: z.record(deviceName, z.enum(['yes', 'no', 'unknown'])),
  /** Output of `lsblk --json --bytes`. */
  lsblk: z.unknown().optional(),
  /** What of disks and targets goes into a plan: a document of its own, which whoever plans with it checks. */
  planning: z.unknown().optional(),
});
export type MachineRecord = z.infer<typeof machineRecordSchema>;

/** Errors: `invalid`, naming what is wrong and where, for a text that is no such record. `where`: for people. */
export function parseMachineRecord(json: string, where: string): MachineRecord {
  if (json.length > longestRecord) throw refused(where, `it is longer than ${longestRecord} characters`);
  const parsed = machineRecordSchema.safeParse(jsonOf(json, where));
  if (!parsed.success) throw refused(where, whatIsWrong(parsed.error));
  const record = parsed.data;
  const doubled = firstTwice(record.blockDevices.map(({ name }) => name));
  if (doubled !== undefined) throw refused(where, `blockDevices: "${doubled}" stands there twice`);
  const noMount = record.mountinfo.findIndex((line) => parseMount(line) === undefined);
  if (noMount !== -1) throw refused(where, `mountinfo.${noMount}: this is no line of mountinfo`);
  try {
    readLsblk(record.lsblk);
  } catch (error) {
    throw refused(where, `lsblk: ${error instanceof Error ? error.message : String(error)}`);
  }
  return record;
}

function jsonOf(json: string, where: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw refused(where, 'it is not JSON');
  }
}

function whatIsWrong({ issues }: z.ZodError): string {
  const [first] = issues;
  if (first?.path[0] === 'format') return 'its format is not sysimage-machine/1';
  const place = first?.path.join('.') ?? '';
  const more = issues.length > 1 ? `, and ${issues.length - 1} more` : '';
  return `${place === '' ? '' : `${place}: `}${first?.message ?? 'it is something else'}${more}`;
}

function firstTwice(all: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return all.find((each) => seen.size === seen.add(each).size);
}

function refused(where: string, why: string): SysimageError {
  return new SysimageError('invalid', `${where} is no recorded machine: ${why}`, {
    operation: 'read machine',
    remedy: 'Record one with "sysimage machine record FILE".',
  });
}
