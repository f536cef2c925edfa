import { definePolicy } from '@sysimage/core/plugin';

export const inMemory = definePolicy({
  meta: {
    id: 'target/in-memory',
    description: 'The target outlives the machine',
    severity: 'error',
    floor: 'warn',
    messages: {
      memory: 'The target {location} lies in the memory of this machine: it is gone when the machine stops',
      unknown: 'What keeps the bytes of the target {location} is not known: {why}',
    },
    remedies: {
      memory: 'Choose a target on a disk, a share, or an object store.',
      unknown: 'Make sure that it is not memory (tmpfs).',
    },
    needs: [],
    source: 'A folder below /tmp or /dev/shm often is tmpfs',
    docs: 'docs/policies/target-in-memory.md',
  },
  check({ target: { traits } }, report) {
    const { location, medium, fileSystemsBelow } = traits;
    if (medium === 'object-store' || medium === 'optical' || medium === 'share') return;
    if (medium === 'memory' || fileSystemsBelow?.some(({ keeper }) => keeper === 'memory') === true) {
      report({ messageId: 'memory', subject: 'target', data: { location } });
      return;
    }
    const unknown = fileSystemsBelow?.find(({ keeper }) => keeper === 'unknown');
    if (fileSystemsBelow !== undefined && unknown === undefined) return;
    const why = unknown === undefined ? 'the target does not tell' : `it is ${unknown.type}`;
    report({ messageId: 'unknown', subject: 'target', data: { location, why }, unknown: true });
  },
});
