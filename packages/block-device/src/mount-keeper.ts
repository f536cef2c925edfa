import type { FileSystemBelow } from '@sysimage/core/plugin';
import type { Mount } from './mount-table.js';

const inMemory: ReadonlySet<string> = new Set(['tmpfs', 'ramfs', 'rootfs', 'devtmpfs', 'hugetlbfs']);

/** Shares of servers, and of the host of a virtual machine. */
const onServers: ReadonlySet<string> = new Set([
  '9p',
  'afs',
  'beegfs',
  'ceph',
  'cifs',
  'coda',
  'davfs',
  'lustre',
  'ncpfs',
  'nfs',
  'nfs4',
  'prl_fs',
  'smb3',
  'smbfs',
  'vboxsf',
  'virtiofs',
  'vmhgfs',
]);

/** What follows `fuse.`, and stands for a server. */
const fuseOnServers: ReadonlySet<string> = new Set([
  'ceph',
  'ceph-fuse',
  'curlftpfs',
  'davfs2',
  'glusterfs',
  'google-drive-ocamlfuse',
  'gvfsd-fuse',
  'portal',
  'rclone',
  's3fs',
  'smbnetfs',
  'sshfs',
  'vmhgfs-fuse',
]);

/** What keeps the bytes of a mount, as far as its kind tells. */
export function keeperOf({ fileSystem, source }: Mount): FileSystemBelow['keeper'] {
  if (inMemory.has(fileSystem)) return 'memory';
  if (onServers.has(fileSystem)) return 'server';
  const [, program] = /^fuse\.(.+)$/u.exec(fileSystem) ?? [];
  if (program !== undefined && fuseOnServers.has(program)) return 'server';
  return fileSystem.startsWith('fuse') && /^[a-z][a-z0-9+.-]*:\/\//iu.test(source) ? 'server' : 'unknown';
}
