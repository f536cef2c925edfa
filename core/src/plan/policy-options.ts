import { SysimageError } from '../contract/errors.js';
import type { Policy } from '../contract/policy.js';

/** Values of options by id of the rule and name of the option. */
export type AskedOptions = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** What is wrong with values that users gave. */
export interface OptionComplaint {
  readonly policy: string;
  /** Absent where there is no such rule. */
  readonly option?: string;
  readonly problem: string;
  /** What it may have been meant to be. */
  readonly known: readonly string[];
}

/** The value of each option that a rule has. */
export function optionValues({ options = {} }: Policy['meta']): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(options).map(([name, { value }]) => [name, value]));
}

/** Every value that is of no rule, of no option, or out of range. */
export function optionComplaints(policies: readonly Policy[], asked: AskedOptions): readonly OptionComplaint[] {
  return Object.entries(asked).flatMap(([id, values]) => {
    const policy = policies.find(({ meta }) => meta.id === id);
    if (policy === undefined) {
      const known = policies.map(({ meta }) => meta.id);
      return [{ policy: id, problem: 'no plugin brings this rule', known }];
    }
    return Object.entries(values).flatMap(([name, value]) => complaintsAbout(policy, name, value));
  });
}

function complaintsAbout({ meta: { id, options = {} } }: Policy, name: string, value: number): OptionComplaint[] {
  const option = Object.hasOwn(options, name) ? options[name] : undefined;
  if (option === undefined) {
    const known = Object.keys(options);
    const has =
      known.length === 0 ? 'this rule has no options' : `this rule has no such option, but ${known.join(', ')}`;
    return [{ policy: id, option: name, problem: has, known }];
  }
  const { least, most } = option;
  if (value >= least && value <= most) return [];
  return [{ policy: id, option: name, problem: `must be a number from ${least} to ${most}`, known: [] }];
}

/** The rule with values that users gave. Errors: `invalid` for a value that `optionComplaints` complains about. */
export function withOptions(policy: Policy, asked: AskedOptions): Policy {
  const { id, options = {} } = policy.meta;
  const own = Object.hasOwn(asked, id) ? asked[id] : undefined;
  if (own === undefined) return policy;
  const [complaint] = optionComplaints([policy], { [id]: own });
  if (complaint !== undefined) {
    throw new SysimageError('invalid', `${complaint.option ?? id} of ${id}: ${complaint.problem}`, {
      operation: 'load policies',
    });
  }
  const changed = Object.fromEntries(
    Object.entries(options).map(([name, option]) => [name, { ...option, value: own[name] ?? option.value }]),
  );
  return { meta: { ...policy.meta, options: changed }, check: (...call) => policy.check(...call) };
}
