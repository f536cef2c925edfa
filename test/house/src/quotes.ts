import { posix } from 'node:path';
import { type Tree, type Rule } from './tree.js';

/** A line that is a link to a source file and a colon, then a block of code: the whole file. */
const quote = /^\[[^\]\n]*\]\(([^)\n]+\.[cm]?[jt]s)\):\n+```[a-z]*\n([^]*?)^```$/gmu;

/** Code in a document that says where it is from is what is there: compiled, and run by tests. */
export const quotesAreTrue: Rule = (tree) =>
  [...tree].filter(([path]) => path.endsWith('.md')).flatMap(([path, text]) => falseQuotes(tree, path, text));

function falseQuotes(tree: Tree, path: string, text: string): string[] {
  return [...text.matchAll(quote)].flatMap(({ index, 1: link = '', 2: code }) => {
    const source = posix.join(posix.dirname(path), link);
    const line = text.slice(0, index).split('\n').length;
    return tree.get(source) === code ? [] : [`${path}:${line}: ${source} is not what is quoted here`];
  });
}
