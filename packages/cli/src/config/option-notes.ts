import { optionComplaints, type AskedOptions, type Policy } from '@sysimage/core';
import { didYouMean } from '../did-you-mean.js';

/** What is wrong with options of rules, and where that stands in the configuration. */
export function optionNotes(
  policies: readonly Policy[],
  asked: AskedOptions,
): readonly { readonly at: readonly string[]; readonly words: string }[] {
  return optionComplaints(policies, asked).map(({ policy, option, problem, known }) => ({
    at: ['policies', 'options', policy, ...(option === undefined ? [] : [option])],
    words: `${problem}${didYouMean(option ?? policy, known)}`,
  }));
}
