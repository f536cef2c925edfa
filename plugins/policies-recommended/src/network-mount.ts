import { definePolicy } from '@sysimage/core/plugin';

export const networkMount = definePolicy({
  meta: {
    id: 'target/network-mount',
    description: 'A target on a server is spoken to as one',
    severity: 'warn',
    messages: {
      mounted:
        'The target {location} lies on a mount of a server ({type} at {mountPoint}): what it locks and when it writes is up to mount options',
      unknown: 'What the target {location} is mounted from is not known: {why}',
    },
    remedies: {
      mounted: 'Use smb: for a share. Otherwise mount it hard and synchronous, and let "sysimage target check" try it.',
      unknown: 'Make sure that it is no soft mount of a server.',
    },
    needs: [],
    source:
      'A soft NFS or CIFS mount reports a write as done that is lost when the server does not answer (mount.nfs(8))',
    docs: 'docs/policies/target-network-mount.md',
  },
  check({ target: { traits } }, report) {
    const { location, medium, fileSystemsBelow } = traits;
    if (medium !== 'disk') return;
    const mounted = fileSystemsBelow?.find(({ keeper }) => keeper === 'server');
    if (mounted !== undefined) {
      const { type, mountPoint } = mounted;
      report({ messageId: 'mounted', subject: 'target', data: { location, type, mountPoint } });
      return;
    }
    const unknown = fileSystemsBelow?.find(({ keeper }) => keeper === 'unknown');
    if (fileSystemsBelow !== undefined && unknown === undefined) return;
    const why = unknown === undefined ? 'the target does not tell' : `it is ${unknown.type}`;
    report({ messageId: 'unknown', subject: 'target', data: { location, why }, unknown: true });
  },
});
