import type { PlanPart, Policy } from '../contract/policy.js';

/** No rule of a plugin has a message of this name. */
const notKnown = 'plan:not-known';

/** The rules, as far as they can be judged: those that need a part of the plan that is missing say so, with the reason, and nothing else. */
export function asFarAsKnown(policies: readonly Policy[], missing: ReadonlyMap<PlanPart, string>): readonly Policy[] {
  return policies.map((policy) => {
    const { meta } = policy;
    const reasons = [...missing].filter(([part]) => meta.needs?.includes(part) ?? true).map(([, reason]) => reason);
    if (reasons.length === 0) return policy;
    const why = [...new Set(reasons)].join('; ');
    return {
      meta: {
        ...meta,
        messages: { ...meta.messages, [notKnown]: `"${meta.description}" cannot be judged: {why}` },
        remedies: { ...meta.remedies, [notKnown]: 'Record it with "sysimage machine record", as root and with --to.' },
      },
      check: (_, report) => report({ messageId: notKnown, subject: 'plan', data: { why }, unknown: true }),
    };
  });
}

/** True of a rule of which nothing can be told here. */
export function isNotKnown({ meta }: Policy): boolean {
  return Object.hasOwn(meta.messages, notKnown);
}
