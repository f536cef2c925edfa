import { z } from 'zod';
import { isObjectName, type ObjectName } from '../contract/names.js';
import { layerEntrySchema, versionIdSchema, type LayerEntry } from './version-record.js';

export const compactionRecordSchema = z
  .object({
    format: z.literal('sysimage-compaction/1'),
    /** When it was, and which: as ids of versions are, but of no version. */
    id: versionIdSchema,
    createdAt: z.iso.datetime(),
    /** Folder of the disk on the target. */
    key: z.string(),
    image: z.custom<ObjectName>((value) => typeof value === 'string' && isObjectName(value), 'is not an object name'),
    /** The merged layer: from the base of the first to the run of the last that it replaces. */
    layer: layerEntrySchema,
    /** The layers that were merged, oldest base first. */
    replaces: z.array(layerEntrySchema).min(2),
  })
  .refine(({ layer, replaces }) => isChain(layer, replaces), 'its layers do not follow one another');
/** Puts one layer in the place of several: when it exists, they are not needed any more. */
export type CompactionRecord = z.infer<typeof compactionRecordSchema>;

function isChain({ base, run }: LayerEntry, replaced: readonly LayerEntry[]): boolean {
  const follow = replaced.every((entry, i) => i === 0 || entry.base === replaced[i - 1]?.run);
  return follow && replaced[0]?.base === base && replaced.at(-1)?.run === run;
}
