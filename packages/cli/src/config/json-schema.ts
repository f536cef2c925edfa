import type { AnyTargetPlugin } from '@sysimage/core';
import { z } from 'zod';
import { configSchema } from './config-schema.js';

type Schema = Readonly<Record<string, unknown>>;

/** One JSON Schema of the whole configuration: each kind of target with the options of its plugin. */
export async function configJsonSchema(kinds: readonly AnyTargetPlugin[]): Promise<Schema> {
  const whole: Schema = z.toJSONSchema(configSchema, { io: 'input', target: 'draft-2020-12' });
  const properties = objectOf(whole['properties']);
  const targets = objectOf(properties['targets']);
  const { plugin: _, ...ofEveryKind } = objectOf(objectOf(targets['additionalProperties'])['properties']);
  const oneOf = await Promise.all(
    kinds.map(async (kind) => targetSchema(kind, objectOf(await kind.jsonSchema()), ofEveryKind)),
  );
  return {
    ...whole,
    title: 'sysimage configuration',
    properties: {
      ...properties,
      targets: { ...targets, additionalProperties: { type: 'object', required: ['plugin'], oneOf } },
    },
  };
}

function targetSchema({ kind, description }: AnyTargetPlugin, schema: Schema, ofEveryKind: Schema): Schema {
  const { $schema: _, properties, required, ...rest } = schema;
  // References inside start at the schema of the plugin, not at the whole.
  const base = '$defs' in rest ? { $id: `sysimage:target/${kind}` } : {};
  return {
    ...base,
    title: description,
    type: 'object',
    ...rest,
    properties: { plugin: { const: kind }, ...mapValues(objectOf(properties), withReferences), ...ofEveryKind },
    required: ['plugin', ...(Array.isArray(required) ? required.filter((name) => name !== 'plugin') : [])],
  };
}

/** Where a value is kept elsewhere: resolved before the plugin sees it. */
const reference: Schema = {
  type: 'object',
  oneOf: [
    { required: ['env'], properties: { env: { type: 'string', description: 'Name of an environment variable' } } },
    { required: ['file'], properties: { file: { type: 'string', description: 'Path of a file' } } },
  ],
  minProperties: 1,
  maxProperties: 1,
};

/** Any text may be kept elsewhere. */
function withReferences(value: unknown): unknown {
  const schema = objectOf(value);
  const inner = {
    ...schema,
    ...('properties' in schema ? { properties: mapValues(objectOf(schema['properties']), withReferences) } : {}),
    ...('items' in schema ? { items: withReferences(schema['items']) } : {}),
  };
  return takesText(schema) ? { anyOf: [inner, reference] } : inner;
}

function takesText(schema: Schema): boolean {
  const { type, enum: values, const: only, oneOf, anyOf } = schema;
  if (type !== undefined) return type === 'string' || (Array.isArray(type) && type.includes('string'));
  const any = (list: unknown, test: (item: unknown) => boolean): boolean => Array.isArray(list) && list.some(test);
  const isText = (item: unknown): boolean => typeof item === 'string';
  const inside = (item: unknown): boolean => takesText(objectOf(item));
  return isText(only) || any(values, isText) || any(oneOf, inside) || any(anyOf, inside);
}

function mapValues(object: Schema, change: (value: unknown) => unknown): Schema {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
}

function objectOf(value: unknown): Schema {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
