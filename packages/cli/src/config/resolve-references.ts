import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { SysimageError } from '@sysimage/core';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Replaces `{env: NAME}` and `{file: PATH}` anywhere in a target's options by what they refer to, so that secrets need not stand in
 * the configuration. Done only for a target that is opened. The value never appears in an error.
 */
export async function resolveReferences(
  value: unknown,
  configPath: string,
  environment: Environment,
): Promise<unknown> {
  if (Array.isArray(value)) {
    return Promise.all(value.map((item: unknown) => resolveReferences(item, configPath, environment)));
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [only] = entries;
  if (entries.length === 1 && only !== undefined && typeof only[1] === 'string') {
    if (only[0] === 'env') return fromEnvironment(only[1], environment);
    if (only[0] === 'file') return fromFile(resolve(dirname(configPath), only[1]));
  }
  const resolved = await Promise.all(
    entries.map(async ([key, item]) => [key, await resolveReferences(item, configPath, environment)] as const),
  );
  return Object.fromEntries(resolved);
}

function fromEnvironment(name: string, environment: Environment): string {
  const found = environment[name];
  if (found !== undefined) return found;
  throw new SysimageError('credentials', `the environment variable ${name} is not set`, {
    operation: 'read configuration',
  });
}

async function fromFile(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).replace(/\r?\n$/u, '');
  } catch (error) {
    throw new SysimageError('credentials', `the file ${path} that the configuration refers to cannot be read`, {
      operation: 'read configuration',
      cause: error,
    });
  }
}
