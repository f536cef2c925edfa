import type { BackupPlan } from '@sysimage/core/plugin';

type Layout = BackupPlan['disks'][number]['layout'];

/** Microsoft reserved, BIOS boot, and PReP boot in a GPT and in an MBR: nobody puts a file system there. */
const types = new Set([
  'E3C9E316-0B5C-4DB8-817D-F92DF00215AE',
  '21686148-6449-6E6F-744E-656564454649',
  '9E1A2D38-C612-4316-AA26-8B49521E5A8B',
  '41',
]);

/** Whether a volume is for what is no file system, so that there is nothing to know of it. */
export function isWithoutFileSystem({ partitions }: Layout, { partition }: Layout['volumes'][number]): boolean {
  return types.has(partitions.find(({ index }) => index === partition)?.type.toUpperCase() ?? '');
}
