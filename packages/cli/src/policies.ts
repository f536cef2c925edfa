import { configurePolicies, type Clock, type Policy, type Profile, type Registry } from '@sysimage/core';
import { optionNotes } from './config/option-notes.js';
import { configError, type LoadedConfig } from './config/read-config.js';
import { didYouMean } from './did-you-mean.js';

/** What a command needs to know the rules as users want them. */
export interface PolicySurroundings {
  readonly registry: Pick<Registry, 'policies'>;
  readonly loaded: LoadedConfig;
  readonly clock: Pick<Clock, 'now'>;
}

/**
 * All rules with what the configuration says of them; `profile` instead of the one there. Errors: `invalid` for a severity or an option of a
 * rule that does not exist: a rule that was meant to be turned up must not stay as it is.
 */
export function policiesOf(
  { registry, loaded, clock }: PolicySurroundings,
  { profile }: { readonly profile?: Profile },
): readonly Policy[] {
  const settings = loaded.config.policies;
  const [wrong] = optionNotes(registry.policies, settings.options);
  if (wrong !== undefined) throw configError(loaded, wrong.at, wrong.words);
  const policies = configurePolicies(
    registry.policies,
    { ...settings, profile: profile ?? settings.profile, suppress: settings.suppress },
    clock.now(),
  );
  const ids = policies.map(({ meta }) => meta.id);
  const unknown = Object.keys(settings.severities).find((id) => !ids.includes(id));
  if (unknown === undefined) return policies;
  throw configError(
    loaded,
    ['policies', 'severities', unknown],
    `no plugin brings this rule${didYouMean(unknown, ids)}`,
  );
}
