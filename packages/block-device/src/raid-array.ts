import type { DeviceFacts } from './machine-source.js';

/** An array of md, as its kernel tells of it: texts of sysfs without their newline (Linux, admin-guide/md.rst). */
export interface RaidArray {
  /** `raid1`. */
  readonly level: string;
  /** Of the superblocks: `1.2`. */
  readonly metadata: string | undefined;
  readonly state: string | undefined;
  /** What is being done to make its members fit together. */
  readonly action: string | undefined;
  readonly policy: string | undefined;
  readonly degraded: string | undefined;
  readonly resyncStart: string | undefined;
  readonly reshape: string | undefined;
  readonly members: readonly RaidMember[];
}

/** A device that an array is made of. */
export interface RaidMember {
  readonly name: string;
  /** `in_sync`, and others after commas. */
  readonly state: string | undefined;
  /** Where its data starts, in sectors of 512 bytes. */
  readonly offset: string | undefined;
  /** Sectors of which the member has no good copy; empty without any. */
  readonly badBlocks: string | undefined;
}

/** Files below the folder of an array in sysfs, and of each member. */
export const ofArray = [
  'metadata_version',
  'array_state',
  'sync_action',
  'consistency_policy',
  'degraded',
  'resync_start',
  'reshape_position',
].map((name) => `md/${name}`);
export const ofMember = (name: string): readonly string[] =>
  ['state', 'offset', 'bad_blocks'].map((file) => `md/dev-${name}/${file}`);

/** `undefined` for a device that is no array. */
export function raidArrayFrom({ attributes, slaves }: DeviceFacts): RaidArray | undefined {
  const told = (name: string): string | undefined =>
    Object.hasOwn(attributes, name) ? attributes[name]?.trim() : undefined;
  const level = told('md/level');
  if (level === undefined || level === '') return undefined;
  return {
    level,
    metadata: told('md/metadata_version'),
    state: told('md/array_state'),
    action: told('md/sync_action'),
    policy: told('md/consistency_policy'),
    degraded: told('md/degraded'),
    resyncStart: told('md/resync_start'),
    reshape: told('md/reshape_position'),
    members: slaves.map((name) => {
      const [state, offset, badBlocks] = ofMember(name).map(told);
      return { name, state, offset, badBlocks };
    }),
  };
}
