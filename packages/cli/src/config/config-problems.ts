import { SysimageError } from '@sysimage/core';
import { z } from 'zod';
import { didYouMean } from '../did-you-mean.js';
import { configSchema } from './config-schema.js';
import type { ConfigText, DataPath, Position } from './config-text.js';

/** Something in the configuration, and where it stands. */
export interface ConfigProblem {
  /** `targets.nas.host`; '' for the whole. */
  readonly path: string;
  readonly position: Position;
  readonly message: string;
}

/** Everything that does not fit the schema, in the order of the text. */
export function problemsOf(error: z.ZodError, text: ConfigText): readonly ConfigProblem[] {
  return error.issues
    .flatMap((issue) => (issue.code === 'unrecognized_keys' ? unknownKeys(issue, text) : [problemOf(issue, text)]))
    .toSorted((a, b) => a.position.line - b.position.line || a.position.column - b.position.column);
}

function unknownKeys({ keys, path }: z.core.$ZodIssueUnrecognizedKeys, text: ConfigText): readonly ConfigProblem[] {
  const known = knownKeys(path);
  return keys.map((key) => ({
    path: dotted([...path, key]),
    position: text.positionOfKey([...path, key]),
    message: `is not known here${didYouMean(key, known) || `; there are ${known.join(', ')}`}`,
  }));
}

function problemOf(issue: z.core.$ZodIssue, text: ConfigText): ConfigProblem {
  const { path } = issue;
  const isAboutKey = issue.code === 'custom' || issue.code === 'invalid_key';
  const position = isAboutKey ? text.positionOfKey(path) : text.positionOfValue(path);
  return { path: dotted(path), position, message: messageOf(issue, text.valueAt(path)) };
}

function messageOf(issue: z.core.$ZodIssue, value: unknown): string {
  if (issue.code === 'invalid_key') return issue.issues[0]?.message ?? issue.message;
  if (value === undefined && issue.code !== 'custom') return 'is missing';
  if (issue.code === 'invalid_type') return `must be ${kinds[issue.expected] ?? issue.expected}`;
  if (issue.code === 'too_small')
    return issue.origin === 'number' ? `must be at least ${issue.minimum}` : 'must not be empty';
  if (issue.code === 'too_big') return `must be at most ${issue.maximum}`;
  if (issue.code !== 'invalid_value') return issue.message;
  const values = issue.values.map(String);
  return `must be one of ${values.join(', ')}${typeof value === 'string' ? didYouMean(value, values) : ''}`;
}

const kinds: Readonly<Record<string, string>> = {
  string: 'a text',
  boolean: 'true or false',
  number: 'a number',
  int: 'a whole number',
  array: 'a list',
  object: 'a list of names and values',
  record: 'a list of names and values',
};

interface Shape {
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly additionalProperties?: Shape | boolean;
  readonly items?: Shape;
}

/** What may stand at a place, by the schema. */
function knownKeys(path: DataPath): readonly string[] {
  let shape: Shape | undefined = shapeOf(z.toJSONSchema(configSchema, { io: 'input' }));
  for (const key of path) {
    const other: Shape | undefined =
      typeof shape?.additionalProperties === 'object' ? shape.additionalProperties : undefined;
    shape = typeof key === 'number' ? shape?.items : (shape?.properties?.[String(key)] ?? other);
  }
  return Object.keys(shape?.properties ?? {});
}

const shapeSchema: z.ZodType<Shape> = z.looseObject({
  properties: z
    .record(
      z.string(),
      z.lazy(() => shapeSchema),
    )
    .exactOptional(),
  additionalProperties: z.union([z.boolean(), z.lazy(() => shapeSchema)]).exactOptional(),
  items: z.lazy(() => shapeSchema).exactOptional(),
});

function shapeOf(schema: unknown): Shape {
  return shapeSchema.parse(schema);
}

export function dotted(path: DataPath): string {
  return path.map((key, i) => (typeof key === 'number' ? `[${key}]` : `${i === 0 ? '' : '.'}${String(key)}`)).join('');
}

/** `file:3:5: targets.nas.host: is missing`. */
export function describeProblem(file: string, { path, position, message }: ConfigProblem): string {
  return `${file}:${position.line}:${position.column}: ${path === '' ? '' : `${path}: `}${message}`;
}

/** One error for all that is wrong. */
export function invalidConfig(problems: readonly string[]): SysimageError {
  const [first = ''] = problems;
  const message =
    problems.length === 1 ? first : `${problems.length} things in the configuration are wrong:\n${problems.join('\n')}`;
  return new SysimageError('invalid', message, { operation: 'read configuration' });
}
