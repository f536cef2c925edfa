import { definePolicy } from '@sysimage/core/plugin';
import { microsoft } from './words.js';

export const dynamicDisk = definePolicy({
  meta: {
    id: 'target/dynamic-disk',
    description: 'The target lies on no dynamic disk',
    severity: 'warn',
    severityUnder: { 'windows-7': 'error' },
    floor: 'warn',
    messages: {
      dynamic:
        'The target {location} lies on a dynamic disk of Windows: a restore is possible only onto disks whose layout has not changed',
      unknown: 'Whether the target {location} lies on a dynamic disk is not known',
    },
    remedies: {
      dynamic: 'Choose a target on a basic disk, or keep a second copy on one.',
      unknown: 'Make sure that the target lies on a basic disk.',
    },
    needs: [],
    source: microsoft,
    docs: 'docs/policies/target-dynamic-disk.md',
  },
  check({ target: { traits, capabilities } }, report) {
    const data = { location: traits.location };
    if (capabilities.dynamicDisk === 'yes') report({ messageId: 'dynamic', subject: 'target', data });
    if (capabilities.dynamicDisk === 'unknown')
      report({ messageId: 'unknown', subject: 'target', data, unknown: true });
  },
});
