import type { DiskFacts, TargetFacts } from '@sysimage/core';
import type { RecordedDesk } from './recorded-desk.js';

export type Change = (desk: RecordedDesk) => void;

/** How one rule is brought to speak, from a machine of which it has nothing to say. */
export interface RuleCase {
  /** The smallest change that makes it fire, and what it says then. */
  readonly fires: Change;
  readonly options?: readonly string[];
  readonly severity: 'info' | 'warn' | 'error' | 'block';
  readonly says: RegExp;
  /** A right case that is nearer than the machine as it is. */
  readonly right?: Change;
  /** The fact taken away, and the reason that is told; or why it can never be missing. */
  readonly unknown: { readonly without: Change; readonly says: RegExp } | { readonly never: string };
}

export const disk = ({ record }: RecordedDesk): DiskFacts => there(record.planning.disks[0]);
export const shelf = ({ record }: RecordedDesk): TargetFacts => there(record.planning.targets['shelf']);
export const traits = (desk: RecordedDesk): TargetFacts['traits'] => shelf(desk).traits;
export const computer = (desk: RecordedDesk): TargetFacts['computers'][number] => there(shelf(desk).computers[0]);
export const newest = (desk: RecordedDesk): TargetFacts['computers'][number]['versions'][number] =>
  there(computer(desk).versions.at(-1));
export const held = (desk: RecordedDesk): ReturnType<typeof newest>['disks'][number] => there(newest(desk).disks[0]);
export const root = (desk: RecordedDesk): DiskFacts['fileSystems'][number] => there(disk(desk).fileSystems[1]);
export const boot = (desk: RecordedDesk): DiskFacts['fileSystems'][number] => there(disk(desk).fileSystems[0]);
export const gibi = 2 ** 30;

export function there<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the recorded machine is another one than this table is about');
  return value;
}

/** What lay on the disk was not recorded; of its table the inventory still tells. */
const noContents: Change = ({ record }) => void (record.planning.disks = []);
const noTables: Change = (desk) => {
  noContents(desk);
  desk.record.lsblk = undefined;
};
const noSystems: Change = ({ record: { planning } }) => void delete planning.systems;
export const noTarget: Change = ({ record }) => void (record.planning.targets = {});
const noVersions: Change = (desk) => void (shelf(desk).computers = []);
export const contents = { without: noContents, says: /cannot be judged: what lies on \/dev\/sda was not recorded/u };
export const tables = {
  without: noTables,
  says: /cannot be judged: .*the partition table of \/dev\/sda was not recorded/u,
};
export const systems = {
  without: noSystems,
  says: /cannot be judged: which systems are on these disks was not recorded$/u,
};
export const target = { without: noTarget, says: /cannot be judged: .*the target shelf was not recorded/u };
export const versions = { without: noVersions, says: /cannot be judged: what shelf holds of desk was not recorded$/u };
export const configured = { never: 'it looks at nothing but the configuration' };
