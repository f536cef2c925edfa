import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Engine, EngineServices } from '@sysimage/core';

/** One other line in the compiled core. */
export interface CorePatch {
  /** Below its sources. */
  readonly file: string;
  /** Stands there exactly once. */
  readonly from: string;
  readonly to: string;
}

interface Core {
  readonly createEngine: (services: EngineServices) => Engine;
}

const core = join(import.meta.dirname, '../../../../core');

/** A copy of core with a mistake in it, in a folder of its own. Rejects when the line is not there any more. */
export async function patchCore(folder: string, { file, from, to }: CorePatch): Promise<Core['createEngine']> {
  mkdirSync(folder, { recursive: true });
  cpSync(join(core, 'dist/src'), join(folder, 'dist/src'), { recursive: true });
  cpSync(join(core, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(core, 'node_modules'), join(folder, 'node_modules'));
  const path = join(folder, 'dist/src', file);
  const [before, after, ...more] = readFileSync(path, 'utf8').split(from);
  if (before === undefined || after === undefined || more.length > 0)
    throw new Error(`core does not say "${from}" once in ${file}: the mistake must be planted elsewhere`);
  writeFileSync(path, `${before}${to}${after}`);
  const module: unknown = await import(pathToFileURL(join(folder, 'dist/src/index.js')).href);
  if (!isCore(module)) throw new Error('the copy of core makes no engine');
  return module.createEngine;
}

function isCore(value: unknown): value is Core {
  return typeof value === 'object' && value !== null && 'createEngine' in value;
}
