import { SysimageError } from '../contract/errors.js';
import type { Policy, Report, Severity } from '../contract/policy.js';
import { severitySchema, type Finding } from '../model/finding.js';
import type { BackupPlan } from '../model/plan.js';
import { optionValues } from './policy-options.js';
import { suppressionOf } from './suppression.js';

export interface ReviewSettings {
  /** Severities by id of the rule. */
  readonly severities?: Readonly<Record<string, Severity>>;
}

const order: readonly Severity[] = severitySchema.options;

/** Lets every rule look at the plan. A rule that throws stops the run: a check that cannot be made must not look passed. */
export function review(
  plan: BackupPlan,
  policies: readonly Policy[],
  settings: ReviewSettings = {},
): readonly Finding[] {
  const findings: Finding[] = [];
  for (const policy of policies) {
    const severity = effectiveSeverity(policy, settings);
    if (severity === 'off') continue;
    const report = (report: Report<string>): void => {
      findings.push(toFinding(policy, severity, report));
    };
    try {
      const returned: unknown = policy.check(plan, report, optionValues(policy.meta));
      if (returned !== undefined) throw new Error('its check must return nothing: a promise would be heard by nobody');
    } catch (error) {
      throw new SysimageError('internal', `the policy ${policy.meta.id} failed`, { operation: 'review', cause: error });
    }
  }
  return findings.toSorted((a, b) => gravity(b) - gravity(a));
}

/** What users have accepted comes last. */
function gravity({ severity, outcome }: Finding): number {
  return outcome === 'suppressed' ? 0 : order.indexOf(severity);
}

/** The rules that were asked and had nothing to say, as findings of the outcome `pass`. */
export function passedPolicies(policies: readonly Policy[], findings: readonly Finding[]): readonly Finding[] {
  const heard = new Set(findings.map(({ policy }) => policy));
  return policies
    .filter(({ meta }) => effectiveSeverity({ meta }, {}) !== 'off' && !heard.has(meta.id))
    .map(({ meta: { id, severity, description } }) => ({
      policy: id,
      severity,
      outcome: 'pass',
      subject: 'plan',
      message: description,
    }));
}

/** Throws `policy` when a finding blocks the run. */
export function assertNotBlocked(findings: readonly Finding[]): void {
  const blocking = findings.filter((finding) => finding.severity === 'block' && finding.outcome === 'violation');
  const [first] = blocking;
  if (first === undefined) return;
  throw new SysimageError('policy', blocking.map((finding) => finding.message).join('; '), {
    operation: 'review',
    context: { policy: first.policy, subject: first.subject },
    ...(first.remedy === undefined ? {} : { remedy: first.remedy }),
  });
}

/** Configuration may raise a rule as it likes, and lower it down to its floor. */
export function effectiveSeverity(policy: Pick<Policy, 'meta'>, settings: ReviewSettings): Severity {
  const asked = askedSeverity(policy, settings) ?? policy.meta.severity;
  const floor = policy.meta.floor ?? 'off';
  if (!order.includes(asked)) {
    throw new SysimageError('invalid', `"${String(asked)}" is no severity, for ${policy.meta.id}`, {
      remedy: `The severities are: ${order.join(', ')}`,
    });
  }
  return order.indexOf(asked) < order.indexOf(floor) ? floor : asked;
}

function askedSeverity({ meta }: Pick<Policy, 'meta'>, { severities }: ReviewSettings): Severity | undefined {
  return severities !== undefined && Object.hasOwn(severities, meta.id) ? severities[meta.id] : undefined;
}

function toFinding(policy: Policy, severity: Severity, report: Report<string>): Finding {
  const template = textOf(policy.meta.messages, report.messageId);
  if (template === undefined) {
    throw new SysimageError('internal', `the policy ${policy.meta.id} has no message "${report.messageId}"`);
  }
  const fill = (text: string): string =>
    text.replace(/\{([a-zA-Z]+)\}/gu, (place, key: string) => String(report.data?.[key] ?? place));
  const remedy = textOf(policy.meta.remedies ?? {}, report.messageId);
  const suppression = suppressionOf(report);
  return {
    policy: policy.meta.id,
    severity,
    outcome: suppression !== undefined ? 'suppressed' : report.unknown === true ? 'unknown' : 'violation',
    subject: report.subject,
    message: fill(template),
    ...(remedy === undefined ? {} : { remedy: fill(remedy) }),
    ...(suppression === undefined ? {} : { suppression: { reason: suppression.reason, expires: suppression.expires } }),
  };
}

/** Ids come from plugins: `constructor` must not find what every object has. */
function textOf(texts: Readonly<Partial<Record<string, string>>>, id: string): string | undefined {
  return Object.hasOwn(texts, id) ? texts[id] : undefined;
}
