import { type Tree } from './tree.js';

/** A package of the workspace. */
export interface Room {
  /** From the root of the repository. */
  readonly folder: string;
  readonly name: string;
  /** What its package.json says in `sysimage.layer`; the tooling room has none. */
  readonly layer: number | 'test' | undefined;
  readonly dependencies: readonly string[];
}

/** Where packages live, as in pnpm-workspace.yaml. */
const roomManifest = /^(core|packages\/[^/]+|plugins\/[^/]+|test\/[^/]+|examples\/[^/]+)\/package\.json$/u;

export function roomsOf(tree: Tree): readonly Room[] {
  return [...tree].flatMap(([path, text]) => {
    const folder = roomManifest.exec(path)?.[1];
    return folder === undefined ? [] : [roomOf(folder, text)];
  });
}

function roomOf(folder: string, manifest: string): Room {
  const parsed: unknown = JSON.parse(manifest);
  const layer = field(field(parsed, 'sysimage'), 'layer');
  const dependencies = field(parsed, 'dependencies');
  return {
    folder,
    name: String(field(parsed, 'name')),
    layer: typeof layer === 'number' || layer === 'test' ? layer : undefined,
    dependencies: isObject(dependencies) ? Object.keys(dependencies) : [],
  };
}

function field(value: unknown, name: string): unknown {
  return isObject(value) ? value[name] : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An import of a module, static or dynamic, types included. */
export interface Import {
  readonly path: string;
  readonly line: number;
  readonly specifier: string;
}

const importing = /(?:\bfrom\s*|\bimport\s*\(\s*|\bimport\s+)(['"])([^'"\n]+)\1/gu;

/** What the source of a room imports. */
export function importsOf(tree: Tree, room: Room): readonly Import[] {
  const imports: Import[] = [];
  for (const [path, text] of tree) {
    if (!path.startsWith(`${room.folder}/src/`) || !/\.[cm]?[jt]s$/u.test(path)) continue;
    const code = text.replaceAll(/\/\*[^]*?\*\/|^\s*\/\/.*$/gmu, (comment) => comment.replaceAll(/[^\n]/gu, ' '));
    for (const { index, 2: specifier = '' } of code.matchAll(importing)) {
      imports.push({ path, line: code.slice(0, index).split('\n').length, specifier });
    }
  }
  return imports;
}
