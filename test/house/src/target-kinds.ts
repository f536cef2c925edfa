import { codeFiles, matchingLines, type Rule } from './tree.js';

const kinds = ['dir', 'ntfs', 'smb', 's3', 'optical'].join('|');
const asked = new RegExp(
  String.raw`\b(?:kind|plugin|scheme|target)\s*[!=]==?\s*['"](?:${kinds})['"]|\bcase\s+['"](?:${kinds})['"]`,
  'u',
);

/** What a target can do is a flag or a facet. Whoever asks for its kind breaks every plugin that is not on the list. */
export const noKindsAbovePlugins: Rule = (tree) =>
  codeFiles(tree)
    .filter(([path]) => /^(?:core|packages)\/(?:.*\/)?src\//u.test(path))
    .flatMap(([path, text]) => matchingLines(path, text, asked, 'asks for the kind of a target'));
