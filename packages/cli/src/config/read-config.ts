import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { SysimageError } from '@sysimage/core';
import { isNode, LineCounter, parseDocument, type Document } from 'yaml';
import { z } from 'zod';
import { configSchema, type Config } from './config-schema.js';

export interface LoadedConfig {
  readonly config: Config;
  /** Where it was read from; `undefined` when there is no configuration. */
  readonly path: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the configuration: the named file, `$SYSIMAGE_CONFIG`, or the first that is there of the fixed places. The working
 * directory is never searched: whoever can write there must not decide what root does. Errors: `not-found` for a named
 * file, `invalid` with line and column.
 */
export async function readConfig(named: string | undefined, environment: Environment): Promise<LoadedConfig> {
  const wanted = named ?? environment['SYSIMAGE_CONFIG'];
  const path = wanted === undefined ? undefined : resolve(wanted);
  for (const candidate of path === undefined ? fixedPlaces(environment) : [path]) {
    const text = await readText(candidate);
    if (text !== undefined) return { config: parseConfig(text, candidate), path: candidate };
  }
  if (path !== undefined) {
    throw new SysimageError('not-found', `there is no configuration file ${path}`, { operation: 'read configuration' });
  }
  return { config: configSchema.parse({}), path: undefined };
}

/** YAML, of which JSON is a part. */
export function parseConfig(text: string, path: string): Config {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0]);
    throw invalid(`${path}:${line}:${col}: ${error.message}`);
  }
  const parsed = configSchema.safeParse(document.toJS() ?? {});
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const { line, col } = lines.linePos(startOf(document, issue?.path ?? []));
  throw invalid(`${path}:${line}:${col}: ${z.prettifyError(parsed.error)}`);
}

/** Where the value at a path of the document begins, or, if there is none, the nearest one around it. */
function startOf(document: Document, path: readonly PropertyKey[]): number {
  for (let depth = path.length; depth >= 0; depth -= 1) {
    const node: unknown = depth === 0 ? document.contents : document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range != null) return node.range[0];
  }
  return 0;
}

function fixedPlaces(environment: Environment): readonly string[] {
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

function invalid(message: string): SysimageError {
  return new SysimageError('invalid', message, { operation: 'read configuration' });
}
