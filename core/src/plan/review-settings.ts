import { z } from 'zod';
import { SysimageError } from '../contract/errors.js';
import type { Policy, Report, Severity } from '../contract/policy.js';
import { severitySchema } from '../model/finding.js';
import { withOptions, type AskedOptions } from './policy-options.js';
import { effectiveSeverity } from './review.js';
import { profiles, underProfile, type Profile } from './review-profile.js';
import { covers, hasExpired, suppressed, type Suppression } from './suppression.js';
import { suppressionRules } from './suppression-rules.js';

/** What users say of the rules. */
export interface PolicySettings {
  readonly profile?: Profile;
  /** Severities by id of the rule. */
  readonly severities?: Readonly<Record<string, Severity>>;
  /** Values of options by id of the rule and name of the option. */
  readonly options?: AskedOptions;
  readonly suppress?: readonly Suppression[];
}

/**
 * Puts what users say into the rules: the result judges as they asked, and may be reviewed like any other list of rules. Two
 * more rules judge the suppressions themselves. Errors: `invalid` for a rule that is not made as the contract says, and for an option
 * that a rule does not have or that is out of range.
 */
export function configurePolicies(policies: readonly Policy[], settings: PolicySettings, now: Date): readonly Policy[] {
  for (const policy of policies) assertWellMade(policy);
  const suppress = settings.suppress ?? [];
  const profile = settings.profile ?? 'recommended';
  const asked = policies
    .map((policy) => withSeverity(policy, policy.meta.severityUnder?.[profile] ?? policy.meta.severity))
    .map((policy) => withSeverity(policy, effectiveSeverity(policy, settings)))
    .map((policy) => withOptions(policy, settings.options ?? {}));
  const ofSuppressions = suppressionRules(asked, suppress, now).map((rule) =>
    withSeverity(rule, effectiveSeverity(rule, settings)),
  );
  const valid = suppress.filter((suppression) => !hasExpired(suppression, now));
  return [...asked.map((policy) => withSuppressions(policy, valid)), ...ofSuppressions].map((policy) =>
    withProfile(policy, profile),
  );
}

function withSeverity(policy: Policy, severity: Severity): Policy {
  return { meta: { ...policy.meta, severity }, check: (...call) => policy.check(...call) };
}

/** What blocks cannot be suppressed: it must be turned down first, as far as its floor lets it. */
function withSuppressions(policy: Policy, suppress: readonly Suppression[]): Policy {
  const { meta } = policy;
  const own = suppress.filter((suppression) => suppression.policy === meta.id);
  if (own.length === 0 || meta.severity === 'block') return policy;
  const treat = (report: Report<string>): Report<string> => {
    const suppression = own.find((each) => covers(each, report.subject));
    return suppression === undefined ? report : suppressed(report, suppression);
  };
  return { meta, check: (plan, report, options) => policy.check(plan, (found) => report(treat(found)), options) };
}

function withProfile(policy: Policy, profile: Profile): Policy {
  const { meta } = policy;
  if (profile !== 'strict') return policy;
  return {
    meta: { ...meta, severity: underProfile(meta.severity, profile) },
    check: (plan, report, options) => policy.check(plan, (found) => report({ ...found, unknown: false }), options),
  };
}

const optionsSchema = z
  .record(
    z.string().regex(/^[a-zA-Z]+$/u),
    z
      .object({ description: z.string().min(1), value: z.number(), least: z.number(), most: z.number() })
      .refine(({ value, least, most }) => least <= value && value <= most),
  )
  .optional();

const severitiesUnder = z.partialRecord(z.enum(profiles), severitySchema).optional();

/** Rules come from plugins, and those may be written without a compiler. */
function assertWellMade(policy: Policy): void {
  const { id, severity, severityUnder, floor, messages, description, options }: Partial<Policy['meta']> = policy.meta;
  const complaint =
    typeof id !== 'string' || !/^[a-z0-9-]+\/[a-z0-9-]+$/u.test(id)
      ? 'its id is not a room and a name: target/same-disk'
      : !severitySchema.safeParse(severity).success || !severitySchema.optional().safeParse(floor).success
        ? `its severity and floor must be of ${severitySchema.options.join(', ')}`
        : !severitiesUnder.safeParse(severityUnder).success
          ? 'its severities under profiles must be profiles and severities'
          : typeof messages !== 'object' || typeof description !== 'string' || typeof policy.check !== 'function'
            ? 'it needs a description, messages and a check'
            : !optionsSchema.safeParse(options).success
              ? 'its options must be names of letters, each with a description, a value, and the least and the most that it may be'
              : undefined;
  if (complaint === undefined) return;
  throw new SysimageError('invalid', `the policy ${String(id)} is faulty: ${complaint}`, {
    operation: 'load policies',
  });
}
