import { SysimageError } from '@sysimage/core';
import { describeProblem, invalidConfig, problemsOf } from './config-problems.js';
import { configSchema } from './config-schema.js';
import { ConfigText } from './config-text.js';
import type { LoadedConfig } from './read-config.js';

/** YAML, of which JSON is a part. */
export function loadConfig(text: string, path: string): LoadedConfig {
  const source = new ConfigText(text);
  const broken = source.errors.map((error) => describeProblem(path, { path: '', ...error }));
  if (broken.length > 0) throw invalidConfig(broken);
  const parsed = configSchema.safeParse(dataOf(source, path));
  if (!parsed.success)
    throw invalidConfig(problemsOf(parsed.error, source).map((problem) => describeProblem(path, problem)));
  const positionOf: LoadedConfig['positionOf'] = (at, part = 'value') =>
    part === 'key' ? source.positionOfKey(at) : source.positionOfValue(at);
  return { config: parsed.data, path, positionOf };
}

function dataOf(source: ConfigText, path: string): unknown {
  try {
    return source.toData();
  } catch (error) {
    throw new SysimageError('invalid', `${path} cannot be read as data`, {
      operation: 'read configuration',
      cause: error,
    });
  }
}
