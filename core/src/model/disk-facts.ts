import { z } from 'zod';
import { dynamicGroupSchema, partitionSchema, poolSchema } from './disk-layout.js';
import { runsSchema } from './recorded-runs.js';

const size = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
const text = z.string().max(4096);

export const physicalDiskSchema = z.strictObject({
  id: text,
  name: text,
  dynamic: z.enum(['yes', 'no', 'unknown']),
});

const fileSystemSchema = z.strictObject({
  type: text,
  label: text.optional(),
  id: text.optional(),
  pool: poolSchema.exactOptional(),
  state: z.enum(['clean', 'unclean', 'unknown']),
  stateReason: text.optional(),
  trueWhenFrozen: z.boolean(),
  unitSize: size.optional(),
  size: size.optional(),
  /** Grains of the disk in which it needs something; absent when no map could be read. */
  allocated: runsSchema.optional(),
  noMapReason: text.optional(),
  /** Grains in which nothing lies but content that may be left out. */
  optional: z.array(z.strictObject({ name: text, grains: runsSchema })).max(64),
});
export type FileSystemFacts = z.infer<typeof fileSystemSchema>;

const partitionIndex = z.number().int().nonnegative().max(65_536);

const offerSchema = z.union([
  z.strictObject({ consistency: z.enum(['frozen', 'crash']), how: text }),
  z.strictObject({ whyNot: text }),
]);

/** A disk, and what it said of itself when somebody looked into it: all that a plan goes by, and nothing of its content. */
export const diskFactsSchema = z
  .strictObject({
    path: text,
    kind: z.enum(['device', 'file']),
    /** Bytes. */
    size: size.min(512),
    sectorSize: z.number().int().min(512).max(65_536),
    model: text.exactOptional(),
    serial: text.exactOptional(),
    physicalDisks: z.array(physicalDiskSchema).max(4096).exactOptional(),
    physicalDisksUnknown: text.exactOptional(),
    mounts: z
      .array(
        z.strictObject({
          offset: size.exactOptional(),
          fileSystem: text.exactOptional(),
          mountPoint: text,
          readOnly: z.boolean(),
        }),
      )
      .max(16_384),
    mapped: z
      .array(
        z.strictObject({
          path: text,
          size,
          fileSystem: text,
          encrypted: z.boolean().exactOptional(),
          places: z.array(z.strictObject({ at: size, length: size, start: size })).max(65_536),
        }),
      )
      .max(4096)
      .exactOptional(),
    unmapped: z
      .array(z.strictObject({ path: text, size, start: size, whyNot: text }))
      .max(4096)
      .exactOptional(),
    scheme: z.enum(['gpt', 'mbr', 'none']),
    id: text.optional(),
    partitions: z.array(partitionSchema).max(4096),
    /** Bytes `[start, end)` of the tables themselves. */
    tables: z.array(z.strictObject({ start: size, end: size })).max(16_384),
    problems: z.array(text).max(65_536),
    doubtful: z.literal(true).exactOptional(),
    dynamic: dynamicGroupSchema.optional(),
    /** Of partitions, by index; 0 for the whole disk. What is not here is not known. */
    fileSystems: z.array(fileSystemSchema.extend({ partition: partitionIndex })).max(4096),
    /** Of volumes that the system has made of partitions. */
    mappedFileSystems: z.array(fileSystemSchema.extend({ path: text })).max(4096),
    /** Of volumes in use: what each provider of snapshots offered. */
    snapshots: z
      .array(
        z.strictObject({
          partition: partitionIndex,
          offers: z.array(z.strictObject({ provider: text, offer: offerSchema })).max(64),
        }),
      )
      .max(4096),
  })
  .refine((disk) => disk.size % disk.sectorSize === 0, { message: 'its size is no number of sectors' })
  .refine(({ size: end, partitions }) => partitions.every((each) => each.start + each.size <= end), {
    message: 'a partition reaches beyond the disk',
  })
  .refine(({ size: end, tables }) => tables.every((each) => each.start <= each.end && each.end <= end), {
    message: 'a table reaches beyond the disk',
  })
  .refine(
    ({ size: end, mapped = [] }) =>
      mapped.every((volume) =>
        volume.places.every(({ at, length, start }) => start + length <= end && at + length <= volume.size),
      ),
    { message: 'a volume reaches beyond the disk' },
  );
export type DiskFacts = z.infer<typeof diskFactsSchema>;
