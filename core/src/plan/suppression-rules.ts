import { definePolicy, type Policy } from '../contract/policy.js';
import type { BackupPlan } from '../model/plan.js';
import { isNotKnown } from './as-far-as-known.js';
import { optionValues } from './policy-options.js';
import { covers, hasExpired, type Suppression } from './suppression.js';

/** The rules that judge suppressions: nothing stays silent for longer, or for more, than was said. */
export function suppressionRules(
  policies: readonly Policy[],
  suppress: readonly Suppression[],
  now: Date,
): readonly Policy[] {
  return [suppressionExpired(suppress, now), suppressionUnused(policies, suppress, now)];
}

function suppressionExpired(suppress: readonly Suppression[], now: Date): Policy {
  return definePolicy({
    meta: {
      id: 'policy/suppression-expired',
      description: 'No suppression has expired',
      severity: 'warn',
      messages: {
        expired:
          'The suppression of {policy} held until the end of {expires}, and suppresses nothing any more: {reason}',
      },
      remedies: { expired: 'Mend what the rule finds, or give the suppression a later date on purpose.' },
      source: 'An exception without an end is a rule that nobody keeps',
      needs: [],
      docs: 'docs/policies/policy-suppression-expired.md',
    },
    check(_plan, report) {
      for (const [index, each] of suppress.entries()) {
        if (!hasExpired(each, now)) continue;
        const { policy, expires, reason } = each;
        report({ messageId: 'expired', subject: subjectOf(index), data: { policy, expires, reason } });
      }
    },
  });
}

function suppressionUnused(policies: readonly Policy[], suppress: readonly Suppression[], now: Date): Policy {
  return definePolicy({
    meta: {
      id: 'policy/suppression-unused',
      description: 'Every suppression suppresses something',
      severity: 'info',
      messages: {
        unknownRule: 'A suppression names {policy}, which is no rule that can be suppressed',
        blocks: 'A suppression names {policy}, which blocks: what blocks cannot be suppressed',
        nothing: 'The suppression of {policy} matches nothing in this plan: {reason}',
        notKnown: 'Whether the suppression of {policy} matches anything is not known: its rule cannot be judged here',
      },
      remedies: {
        unknownRule: 'Correct its name; "sysimage policy list" shows all rules.',
        blocks: 'Mend what the rule finds.',
        nothing: 'Remove it when it is needed no more.',
        notKnown: 'Ask where all of the plan is known.',
      },
      source: 'A suppression that nobody needs hides what comes later',
      needs: [],
      docs: 'docs/policies/policy-suppression-unused.md',
    },
    check(plan, report) {
      for (const [index, each] of suppress.entries()) {
        if (hasExpired(each, now)) continue;
        const { policy: id, reason } = each;
        const subject = subjectOf(index);
        const policy = policies.find(({ meta }) => meta.id === id);
        if (policy === undefined) report({ messageId: 'unknownRule', subject, data: { policy: id } });
        else if (policy.meta.severity === 'block') report({ messageId: 'blocks', subject, data: { policy: id } });
        else if (isNotKnown(policy)) report({ messageId: 'notKnown', subject, data: { policy: id }, unknown: true });
        else if (!matches(each, policy, plan)) {
          report({ messageId: 'nothing', subject, data: { policy: id, reason } });
        }
      }
    },
  });
}

/** Rules are pure, so one may be asked again. */
function matches(suppression: Suppression, policy: Policy, plan: BackupPlan): boolean {
  if (policy.meta.severity === 'off') return false;
  let found = false;
  policy.check(
    plan,
    ({ subject }) => {
      found ||= covers(suppression, subject);
    },
    optionValues(policy.meta),
  );
  return found;
}

/** Where it stands in the configuration. */
function subjectOf(index: number): string {
  return `policies/suppress/${index}`;
}
