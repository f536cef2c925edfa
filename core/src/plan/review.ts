import { SysimageError } from '../contract/errors.js';
import type { Policy, Report, Severity } from '../contract/policy.js';
import type { Finding } from '../model/finding.js';
import type { BackupPlan } from '../model/plan.js';

export interface ReviewSettings {
  /** Severities by id of the rule. */
  readonly severities?: Readonly<Record<string, Severity>>;
}

const order: readonly Severity[] = ['off', 'info', 'warn', 'error', 'block'];

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
      const returned: unknown = policy.check(plan, report);
      if (returned !== undefined) throw new Error('its check must return nothing: a promise would be heard by nobody');
    } catch (error) {
      throw new SysimageError('internal', `the policy ${policy.meta.id} failed`, { operation: 'review', cause: error });
    }
  }
  return findings.toSorted((a, b) => order.indexOf(b.severity) - order.indexOf(a.severity));
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
export function effectiveSeverity(policy: Policy, settings: ReviewSettings): Severity {
  const asked = settings.severities?.[policy.meta.id] ?? policy.meta.severity;
  const floor = policy.meta.floor ?? 'off';
  if (!order.includes(asked)) {
    throw new SysimageError('invalid', `"${String(asked)}" is no severity, for ${policy.meta.id}`, {
      remedy: `The severities are: ${order.join(', ')}`,
    });
  }
  return order.indexOf(asked) < order.indexOf(floor) ? floor : asked;
}

function toFinding(policy: Policy, severity: Severity, report: Report<string>): Finding {
  const template = policy.meta.messages[report.messageId];
  if (template === undefined) {
    throw new SysimageError('internal', `the policy ${policy.meta.id} has no message "${report.messageId}"`);
  }
  const fill = (text: string): string =>
    text.replace(/\{([a-zA-Z]+)\}/gu, (place, key: string) => String(report.data?.[key] ?? place));
  const remedy = policy.meta.remedies?.[report.messageId];
  return {
    policy: policy.meta.id,
    severity,
    outcome: report.unknown === true ? 'unknown' : 'violation',
    subject: report.subject,
    message: fill(template),
    ...(remedy === undefined ? {} : { remedy: fill(remedy) }),
  };
}
