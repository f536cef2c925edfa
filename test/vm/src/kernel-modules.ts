import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** Paths of these modules and of all they need, each after what it needs. What is built into the kernel needs no file. */
export async function kernelModules(folder: string, wanted: readonly string[]): Promise<readonly string[]> {
  const builtIn = namesOf((await readFile(join(folder, 'modules.builtin'), 'utf8')).split('\n'));
  const files = namesOf((await readdir(folder, { recursive: true })).filter((path) => path.endsWith('.ko')));
  const ordered = new Set<string>();
  const add = async (name: string): Promise<void> => {
    const file = files.get(name);
    if (file === undefined) {
      if (builtIn.has(name)) return;
      throw new Error(`the kernel of the tests has no module ${name}`);
    }
    const path = join(folder, file);
    if (ordered.has(path)) return;
    for (const needed of neededModules(await readFile(path))) await add(needed);
    ordered.add(path);
  };
  for (const name of wanted) await add(moduleName(name));
  return [...ordered];
}

/** Names of the modules that a module says it needs: `depends=a,b` between zeros in its section `.modinfo`. */
export function neededModules(module: Buffer): readonly string[] {
  const key = '\0depends=';
  const start = module.indexOf(key);
  if (start < 0) return [];
  const text = module.toString('latin1', start + key.length, module.indexOf(0, start + key.length));
  return text === '' ? [] : text.split(',').map(moduleName);
}

function namesOf(paths: readonly string[]): ReadonlyMap<string, string> {
  return new Map(paths.map((path) => [moduleName(basename(path, '.ko')), path]));
}

/** Files have hyphens where names have underscores, or not. */
function moduleName(text: string): string {
  return text.replaceAll('-', '_');
}
