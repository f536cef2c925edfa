import type { BackupPlan, Policy } from '@sysimage/core/plugin';
import { check } from './check.js';
import { complaintsAboutMeta } from './meta.js';
import { reportsOf, type TextReport } from './reports.js';

/** Facts of which a rule has nothing to say. */
export interface SilentExample<O extends string = string> {
  readonly name?: string;
  readonly facts: BackupPlan;
  /** Others than the rule has by itself. */
  readonly options?: Readonly<Partial<Record<O, number>>>;
}

/** Facts of which it has something to say: these findings, in this order, and no others. */
export interface FindingExample<M extends string, O extends string = string> extends SilentExample<O> {
  readonly findings: readonly ExpectedFinding<M>[];
}

/** Only what is given is compared; `unknown` is compared always. */
export interface ExpectedFinding<M extends string> {
  readonly messageId: M;
  readonly subject?: string;
  /** The message as users read it: the whole of it, or something that it must match. */
  readonly message?: string | RegExp;
  readonly remedy?: string | RegExp;
  readonly unknown?: boolean;
}

export interface PolicyExamples<M extends string, O extends string = string> {
  readonly valid: readonly (BackupPlan | SilentExample<O>)[];
  readonly invalid: readonly FindingExample<M, O>[];
}

/** A name and a function that throws a sentence: for any test runner. */
export interface PolicyCase {
  readonly name: string;
  readonly run: () => void;
}

/**
 * Tries a rule on examples, and what every rule must keep: it is pure (frozen facts, the same reports twice), synchronous, says only
 * what it declares with every place filled, about things that are in the plan; and every message and every option of it has an example.
 */
export function policyCases<M extends string, O extends string>(
  policy: Policy<M, O>,
  examples: PolicyExamples<M, O>,
): readonly PolicyCase[] {
  const { id } = policy.meta;
  const options = Object.keys(policy.meta.options ?? {});
  const silent = examples.valid.map((example): SilentExample<O> => ('facts' in example ? example : { facts: example }));
  const nameOf = (what: string, index: number, { name }: SilentExample): string =>
    `${id} ${what} ${name ?? `example ${index + 1}`}`;
  return [
    {
      name: `${id} is well made`,
      run: () => {
        const complaints = complaintsAboutMeta(policy.meta);
        check(complaints.length === 0, complaints.join('; '));
        check(silent.length > 0 && examples.invalid.length > 0, 'there must be an example of each kind');
      },
    },
    ...silent.map((example, index) => ({
      name: nameOf('is silent about', index, example),
      run: () => compare([], reportsOf(policy, example)),
    })),
    ...examples.invalid.map((example, index) => ({
      name: nameOf('speaks of', index, example),
      run: () => compare(example.findings, reportsOf(policy, example)),
    })),
    {
      name: `${id} has an example for every message`,
      run: () => {
        const heard = new Set<string>(
          examples.invalid.flatMap(({ findings }) => findings.map((each) => each.messageId)),
        );
        const missing = Object.keys(policy.meta.messages).filter((message) => !heard.has(message));
        check(missing.length === 0, `no example brings about ${missing.join(', ')}`);
      },
    },
    ...(options.length === 0
      ? []
      : [
          {
            name: `${id} has an example for every option`,
            run: () => {
              const turned = new Set(
                [...silent, ...examples.invalid].flatMap((example) => Object.keys(example.options ?? {})),
              );
              const missing = options.filter((option) => !turned.has(option));
              check(missing.length === 0, `no example turns ${missing.join(', ')}`);
            },
          },
        ]),
  ];
}

function compare<M extends string>(expected: readonly ExpectedFinding<M>[], found: readonly TextReport[]): void {
  const ids = (list: readonly { readonly messageId: string }[]): string =>
    list.map(({ messageId }) => messageId).join(', ') || 'nothing';
  check(ids(expected) === ids(found), `it reports ${ids(found)} instead of ${ids(expected)}`);
  for (const [index, wanted] of expected.entries()) {
    const report = found[index];
    if (report === undefined) continue;
    const { messageId, subject, message, remedy, unknown = false } = wanted;
    if (subject !== undefined) {
      check(report.subject === subject, `${messageId} is about ${report.subject}, and not about ${subject}`);
    }
    check(report.unknown === unknown, `${messageId} ${report.unknown ? 'is' : 'is not'} reported as unknown`);
    compareText(`the message of ${messageId}`, message, report.message);
    compareText(`the remedy of ${messageId}`, remedy, report.remedy ?? '');
  }
}

function compareText(what: string, wanted: string | RegExp | undefined, text: string): void {
  if (wanted === undefined) return;
  // A copy, because an expression with the flag g remembers where it was.
  const fits = typeof wanted === 'string' ? text === wanted : new RegExp(wanted).test(text);
  check(fits, `${what} is “${text}”, and not ${String(wanted)}`);
}
