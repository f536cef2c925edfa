import type { FileEntry, Files } from '@sysimage/filesystems';
import type { BootDevicePlan } from '@sysimage/fixtures';
import type { CandidateVolume } from '../src/index.js';

export const diskId = 'AAAAAAAA-0000-4000-8000-000000000001';
export const partitionId = (index: number): string => `AAAAAAAA-0000-4000-8000-00000000010${index}`;

export type Tree = Readonly<Record<string, Uint8Array | string>>;

/** Files by their path, compared without regard to case. */
function filesOf(tree: Tree): Files {
  const all = new Map(Object.entries(tree).map(([path, data]) => [path.toLowerCase(), Buffer.from(data)]));
  const entries = new WeakMap<FileEntry, Buffer>();
  return {
    find: async (path) => {
      const bytes = all.get(path.toLowerCase());
      if (bytes === undefined) return undefined;
      const entry: FileEntry = { name: path.split('/').at(-1) ?? '', kind: 'file', size: bytes.length };
      entries.set(entry, bytes);
      return entry;
    },
    list: async (path) =>
      [...all]
        .filter(([name]) => name.startsWith(`${path.toLowerCase()}/`))
        .map(([name, { length: size }]) => ({
          name: name.slice(path.length + 1).split('/')[0] ?? '',
          kind: 'file',
          size,
        })),
    read: async (entry, offset, length) => new Uint8Array(entries.get(entry)?.subarray(offset, offset + length) ?? []),
  };
}

/** A volume with these files; `undefined`: they cannot be read. */
export function volume(
  partition: number,
  tree: Tree | undefined,
  more: Partial<CandidateVolume> = {},
): CandidateVolume {
  return {
    disk: 0,
    partition,
    start: partition * 2 ** 20,
    partitionId: partitionId(partition),
    partitionName: undefined,
    type: 'EBD0A0A2-B9E5-4433-87C0-68B6B72699C7',
    active: false,
    id: undefined,
    label: undefined,
    files: tree === undefined ? undefined : filesOf(tree),
    ...more,
  };
}

export const onGpt = (partition: number): BootDevicePlan => ({
  scheme: 'gpt',
  diskId,
  partitionId: partitionId(partition),
});
export const onMbr = (partition: number): BootDevicePlan => ({
  scheme: 'mbr',
  signature: 0x1234abcd,
  start: partition * 2 ** 20,
});
