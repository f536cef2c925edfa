import { z } from 'zod';
import { diskLayoutSchema } from './disk-layout.js';
import { runsSchema } from './recorded-runs.js';

const size = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
const text = z.string().max(4096);

/** A version, as far as a plan goes by it. */
export const versionFactsSchema = z.strictObject({
  id: text,
  /** ISO 8601. */
  createdAt: z.iso.datetime(),
  /** Nothing in it is doubtful: no volume was in use, and all could be read. */
  good: z.boolean(),
  /** Those disks of which no newer version, as good, holds an image of the same kind. */
  disks: z
    .array(
      z.strictObject({
        key: text,
        /** As it was called then. */
        path: text.optional(),
        layout: diskLayoutSchema,
        image: z.strictObject({ name: text, kind: z.enum(['in-place', 'sequential']) }),
        unreadableBytes: size,
        /** What the version holds of the disk; absent of what takes no changes, or when the map is damaged. */
        allocation: runsSchema.optional(),
      }),
    )
    .max(256),
  /** What it recorded of installed systems, with the key of the disk that each lies on; absent when it recorded none, or holds no disk that counts. */
  systems: z
    .array(z.strictObject({ disk: text, family: z.enum(['windows', 'linux']), name: text }))
    .max(256)
    .optional(),
});
export type VersionFacts = z.infer<typeof versionFactsSchema>;

/** What a target holds of one computer, as far as a plan goes by it. */
export const catalogFactsSchema = z.strictObject({
  /** Whose folder it is; absent when nobody wrote that down. */
  owner: z.strictObject({ name: text, machineId: text.optional() }).optional(),
  /** Complete versions, oldest first. */
  versions: z.array(versionFactsSchema).max(65_536),
  /** Versions whose records cannot be read. */
  lost: z.array(z.strictObject({ id: text })).max(65_536),
  /** Runs that were cut, or are going on. */
  openRuns: size,
});
export type CatalogFacts = z.infer<typeof catalogFactsSchema>;
