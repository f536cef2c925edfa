import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { SysimageError } from '@sysimage/core';
import { describeProblem, dotted, invalidConfig } from './config-problems.js';
import { configSchema, type Config } from './config-schema.js';
import type { DataPath, Position } from './config-text.js';

export interface LoadedConfig {
  readonly config: Config;
  /** Where it was read from; `undefined` when there is no configuration. */
  readonly path: string | undefined;
  /** Where a value stands in the file. */
  readonly positionOf: (path: DataPath, part?: 'key' | 'value') => Position;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the configuration: the named file, `$SYSIMAGE_CONFIG`, or the first that is there of the fixed places. The working
 * directory is never searched: whoever can write there must not decide what root does. Errors: `not-found` for a named
 * file, `invalid` with line and column of everything that is wrong.
 */
export async function readConfig(named: string | undefined, environment: Environment): Promise<LoadedConfig> {
  const wanted = named ?? environment['SYSIMAGE_CONFIG'];
  const path = wanted === undefined ? undefined : resolve(wanted);
  for (const candidate of path === undefined ? fixedPlaces(environment) : [path]) {
    const text = await readText(candidate);
    if (text === undefined) continue;
    // Most machines have none, and to read one takes as long as much else of a start.
    const { loadConfig } = await import('./load-config.js');
    return loadConfig(text, candidate);
  }
  if (path !== undefined) {
    throw new SysimageError('not-found', `there is no configuration file ${path}`, { operation: 'read configuration' });
  }
  return { config: configSchema.parse({}), path: undefined, positionOf: () => ({ line: 0, column: 0 }) };
}

/** An error about a value of the configuration, with its place. */
export function configError({ path, positionOf }: LoadedConfig, at: DataPath, message: string): SysimageError {
  return invalidConfig([describeProblem(path ?? '', { path: dotted(at), position: positionOf(at, 'key'), message })]);
}

/** Where the configuration is looked for when nobody names it, the first that is there. */
export function fixedPlaces(environment: Environment): readonly string[] {
  const home = environment['XDG_CONFIG_HOME'] ?? join(homedir(), '.config');
  return [join(home, 'sysimage'), '/etc/sysimage'].flatMap((folder) => [
    join(folder, 'config.yaml'),
    join(folder, 'config.json'),
  ]);
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new SysimageError('denied', `the configuration ${path} cannot be read`, {
      operation: 'read configuration',
      cause: error,
    });
  }
}
