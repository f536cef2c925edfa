import { planParts, type BackupPlan, type Policy, type Report } from '@sysimage/core/plugin';
import { check } from './check.js';
import { withoutParts } from './without-parts.js';

/** A report with its texts as users read them. */
export interface TextReport {
  readonly messageId: string;
  readonly subject: string;
  readonly unknown: boolean;
  readonly message: string;
  readonly remedy: string | undefined;
}

/** Facts, and options where they are others than the rule has by itself. */
interface Example {
  readonly facts: BackupPlan;
  readonly options?: Readonly<Partial<Record<string, number>>>;
}

/** What a rule reports of facts. Fails when it does what no rule may. */
export function reportsOf<M extends string>(
  policy: Policy<M>,
  { facts, options = {} }: Example,
): readonly TextReport[] {
  const found = collect(policy, facts, options);
  const again = collect(policy, facts, options);
  check(JSON.stringify(found) === JSON.stringify(again), 'it reports something else the second time');
  const { needs = planParts } = policy.meta;
  const rest = planParts.filter((part) => !needs.includes(part));
  const same = JSON.stringify(found) === JSON.stringify(collect(policy, withoutParts(facts, new Set(rest)), options));
  check(same, `it reports something else where ${rest.join(', ')} are not known, although it does not need them`);
  return found.map((report) => inWords(policy, report, facts));
}

function collect<M extends string>(
  policy: Policy<M>,
  facts: BackupPlan,
  asked: Readonly<Partial<Record<string, number>>>,
): readonly Report<M>[] {
  const found: Report<M>[] = [];
  const frozen = deepFreeze(structuredClone(facts));
  let returned: unknown;
  try {
    returned = policy.check(frozen, (report) => void found.push(report), deepFreeze(optionsOf(policy.meta, asked)));
  } catch (error) {
    const why = typeof error === 'object' && error !== null && 'message' in error ? error.message : error;
    check(false, `it threw: ${String(why)}`);
  }
  check(returned === undefined, 'it returned something: a rule reports, and a promise would be heard by nobody');
  return found;
}

function optionsOf(
  { options = {} }: Policy['meta'],
  asked: Readonly<Partial<Record<string, number>>>,
): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(options).map(([name, { value }]) => [name, asked[name] ?? value]));
}

function inWords<M extends string>({ meta }: Policy<M>, report: Report<M>, facts: BackupPlan): TextReport {
  const { messageId, subject, data = {}, unknown = false } = report;
  check(Object.hasOwn(meta.messages, messageId), `it reports ${messageId}, which it does not declare`);
  check(isIn(facts, subject), `${messageId} is about “${subject}”, which is not in the plan`);
  const fill = (text: string): string =>
    text.replaceAll(/\{([a-zA-Z]+)\}/gu, (place, key: string) => {
      check(Object.hasOwn(data, key), `${messageId} leaves ${place} empty`);
      const value = data[key];
      check(value !== undefined && String(value) !== '', `${messageId} puts nothing into ${place}`);
      check(typeof value === 'string' || Number.isFinite(value), `${messageId} puts ${String(value)} into ${place}`);
      return String(value);
    });
  const remedies: Readonly<Partial<Record<string, string>>> = meta.remedies ?? {};
  const remedy = Object.hasOwn(remedies, messageId) ? remedies[messageId] : undefined;
  return {
    messageId,
    subject,
    unknown,
    message: fill(meta.messages[messageId]),
    remedy: remedy === undefined ? undefined : fill(remedy),
  };
}

/** `plan`, `target`, `disks/0`, `disks/0/volumes/2`: disks by their index, volumes by their place in the list. */
function isIn({ disks }: BackupPlan, subject: string): boolean {
  if (subject === 'plan' || subject === 'target') return true;
  const [, index, volume] = /^disks\/(\d+)(?:\/volumes\/(\d+))?$/u.exec(subject) ?? [];
  const disk = disks.find((each) => String(each.index) === index);
  return disk !== undefined && (volume === undefined || Number(volume) < disk.layout.volumes.length);
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}
