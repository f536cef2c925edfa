import { SysimageError, type TargetManifest } from '@sysimage/core';
import { z } from 'zod';

const facet = z.enum(['random', 'batch', 'history', 'capacity', 'lease', 'media', 'retention']);

const manifestSchema = z.looseObject({
  name: z.string(),
  sysimage: z.looseObject({
    plugin: z.looseObject({
      api: z.literal(1),
      targets: z
        .array(
          z.looseObject({
            kind: z.string(),
            description: z.string().exactOptional(),
            facets: z.array(facet),
            maybe: z.array(facet).exactOptional(),
          }),
        )
        .default([]),
      policies: z.array(z.string()).default([]),
    }),
  }),
});

export interface PluginManifest {
  readonly targets: readonly TargetManifest[];
  /** Ids of rules. */
  readonly policies: readonly string[];
}

/** What a package says it brings, in the static `sysimage` field of its `package.json`, read without running it. */
export function partsOfManifest(text: string, path: string): PluginManifest {
  return readManifest(text, path).sysimage.plugin;
}

export function nameOfManifest(text: string, path: string): string {
  return readManifest(text, path).name;
}

function readManifest(text: string, path: string): z.infer<typeof manifestSchema> {
  const parsed = manifestSchema.safeParse(parse(text, path));
  if (parsed.success) return parsed.data;
  throw new SysimageError(
    'invalid',
    `${path} is not the package of a sysimage plugin: ${z.prettifyError(parsed.error)}`,
    {
      operation: 'load plugin',
    },
  );
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SysimageError('invalid', `${path} is not JSON`, { operation: 'load plugin', cause: error });
  }
}
