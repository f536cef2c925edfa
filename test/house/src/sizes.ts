import { codeFiles, type Rule } from './tree.js';

const mostLines = 300;

/** Files that may be longer, each with its reason. */
export const longFiles: Readonly<Record<string, string>> = {};

/** A file is one idea; one that is longer than a reader's patience needs a reason above. */
export function shortFiles(exceptions: Readonly<Record<string, string>> = longFiles): Rule {
  return (tree) => {
    const long = codeFiles(tree).filter(([, text]) => text.trimEnd().split('\n').length > mostLines);
    const paths = new Set(long.map(([path]) => path));
    return [
      ...[...paths].filter((path) => !(path in exceptions)).map((path) => `${path}: more than ${mostLines} lines`),
      ...Object.keys(exceptions)
        .filter((path) => !paths.has(path))
        .map((path) => `${path}: is an exception to the length of files, and needs none`),
    ];
  };
}
