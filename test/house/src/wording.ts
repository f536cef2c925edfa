import { codeOnly } from './code-only.js';
import { codeFiles, matchingLines, type Rule } from './tree.js';

/** Names that say nothing about what is inside. */
const emptyNames = new Set(['util', 'utils', 'utilities', 'helper', 'helpers', 'manager', 'managers']);

export const tellingNames: Rule = (tree) =>
  [...tree.keys()].flatMap((path) => {
    const empty = path.split(/[/.-]/u).find((word) => emptyNames.has(word.toLowerCase()));
    return empty === undefined ? [] : [`${path}: the name “${empty}” says nothing`];
  });

const anyType = /(?:[:<|&,(=[]|=>|\b(?:as|extends|is|of))\s*any\b(?!\s*(?:[(:.]|=>))/u;
const silencing = new RegExp(`@ts-${'ignore'}|@ts-${'nocheck'}`, 'u');

/** `any` switches the compiler off for all it touches; so do comments that silence it. */
export const noAny: Rule = (tree) =>
  codeFiles(tree).flatMap(([path, text]) => [
    ...(path.endsWith('ts') ? matchingLines(path, codeOnly(text), anyType, 'the type any') : []),
    ...matchingLines(path, text, silencing, 'silences the compiler'),
  ]);

const switchedOff =
  /\b(?:test|it|describe)(?:\.\w+)*\.(?:skip|only|todo)\b|\b(?:xit|xtest|xdescribe|fit|fdescribe)\s*\(/u;

/** Every test runs, always. */
export const noSwitchedOffTests: Rule = (tree) =>
  codeFiles(tree).flatMap(([path, text]) =>
    matchingLines(path, codeOnly(text), switchedOff, 'not every test would run'),
  );

const unfinished = new RegExp(String.raw`\b(?:${['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX'].join('|')})\b`, 'u');

/** What is not done is an issue for the tracker, not a note in the code. */
export const nothingUnfinished: Rule = (tree) =>
  [...tree].flatMap(([path, text]) => matchingLines(path, text, unfinished, 'unfinished'));

const elsewhere = new RegExp(String.raw`(?<![\w./-])(?:/${'work'}/|(?:${['shared', 'research'].join('|')})/)`, 'u');

/** A reader has this repository and nothing else. */
export const nothingElsewhere: Rule = (tree) =>
  [...tree].flatMap(([path, text]) => matchingLines(path, text, elsewhere, 'names a folder readers do not have'));
