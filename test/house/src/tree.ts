import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The repository as text: path from its root, with `/`, to contents. A plain value, so that a violation is easily planted. */
export type Tree = ReadonlyMap<string, string>;

/** A rule looks at the whole tree and says what breaks it: `path: what and why`. */
export type Rule = (tree: Tree) => readonly string[];

const notOurs = new Set(['node_modules', 'dist', 'coverage', '.git', '.turbo', 'pnpm-lock.yaml']);
const textEndings = /\.(?:ts|mts|cts|js|mjs|cjs|json|md|ya?ml|sh|txt)$|^\.?[^.]+$/u;

export async function readTree(root: string): Promise<Tree> {
  const tree = new Map<string, string>();
  await visit(root, '', tree);
  return tree;
}

async function visit(root: string, folder: string, tree: Map<string, string>): Promise<void> {
  const entries = await readdir(join(root, folder), { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    if (notOurs.has(entry.name)) continue;
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) await visit(root, path, tree);
    else if (entry.isFile() && textEndings.test(entry.name)) tree.set(path, await readFile(join(root, path), 'utf8'));
  }
}

/** The tree with some files added or replaced. */
export function withFiles(tree: Tree, files: Readonly<Record<string, string>>): Tree {
  return new Map([...tree, ...Object.entries(files)]);
}

/** TypeScript and JavaScript, in order of paths. */
export function codeFiles(tree: Tree): readonly (readonly [path: string, text: string])[] {
  return [...tree].filter(([path]) => /\.[cm]?[jt]s$/u.test(path));
}

/** A violation for each line of `text` that matches. */
export function matchingLines(path: string, text: string, pattern: RegExp, message: string): string[] {
  return text
    .split('\n')
    .flatMap((line, index) =>
      pattern.test(line) ? [`${path}:${index + 1}: ${message}: ${line.trim().slice(0, 100)}`] : [],
    );
}
