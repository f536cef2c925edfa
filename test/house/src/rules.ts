import { arrows } from './arrows.js';
import { everyDependencyIsExplained, everyRoomHasReadme } from './documents.js';
import { purity } from './purity.js';
import { quotesAreTrue } from './quotes.js';
import { shortFiles } from './sizes.js';
import { noKindsAbovePlugins } from './target-kinds.js';
import { type Rule } from './tree.js';
import { noAny, noSwitchedOffTests, nothingElsewhere, nothingUnfinished, tellingNames } from './wording.js';

/** The rules of the house. */
export const rules: Readonly<Record<string, Rule>> = {
  'arrows point only down': arrows,
  'formats and core are pure': purity,
  'names tell what is inside': tellingNames,
  'files are short': shortFiles(),
  'every room has a README': everyRoomHasReadme,
  'the compiler is never switched off': noAny,
  'every test runs': noSwitchedOffTests,
  'nothing is left unfinished in place': nothingUnfinished,
  'nothing outside the repository is named': nothingElsewhere,
  'every dependency is explained': everyDependencyIsExplained,
  'what documents quote is there': quotesAreTrue,
  'nobody asks for the kind of a target': noKindsAbovePlugins,
};
