import { configurePolicies } from '@sysimage/core';
import { didYouMean } from '../did-you-mean.js';
import type { ConfigSurroundings, Note } from './config-note.js';
import { optionNotes } from './option-notes.js';

/** Severities, options and suppressions must be of rules that are there, and do what they say. */
export function checkPolicySettings({ loaded, registry, now }: ConfigSurroundings, note: Note): void {
  const { severities, options, suppress } = loaded.config.policies;
  const policies = configurePolicies(registry.policies, { severities }, now);
  const ids = policies.map(({ meta }) => meta.id);
  for (const [id, asked] of Object.entries(severities)) {
    const at = ['policies', 'severities', id];
    const policy = policies.find(({ meta }) => meta.id === id);
    if (policy === undefined) note('problem', at, `no plugin brings this rule${didYouMean(id, ids)}`);
    else if (policy.meta.severity !== asked) {
      note('warning', at, `stays at ${policy.meta.severity}: nobody can turn it down further`);
    }
  }
  for (const { at, words } of optionNotes(registry.policies, options)) note('problem', at, words);
  const today = now.toISOString().slice(0, 10);
  for (const [index, { policy: id, expires }] of suppress.entries()) {
    const at = ['policies', 'suppress', index];
    const policy = registry.policies.some(({ meta }) => meta.id === id)
      ? policies.find(({ meta }) => meta.id === id)
      : undefined;
    if (policy === undefined)
      note('warning', [...at, 'policy'], `no plugin brings the rule "${id}"${didYouMean(id, ids)}`);
    else if (policy.meta.severity === 'block') {
      note('warning', [...at, 'policy'], 'does nothing: what blocks cannot be suppressed');
    }
    if (today > expires) note('warning', [...at, 'expires'], 'is over: this suppresses nothing any more');
  }
}
