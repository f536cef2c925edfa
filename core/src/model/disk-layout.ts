import { z } from 'zod';

/** What a volume's data is worth as it was read: see the design of consistency in `docs/design.md`. */
export const consistencySchema = z.enum(['clean', 'frozen', 'crash', 'live']);
export type Consistency = z.infer<typeof consistencySchema>;

const offset = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);

/** Several volumes that hold one thing together; see `Pool` of the file systems. */
export const poolSchema = z.object({ id: z.string().max(256), members: z.number().int().positive() });

/** A volume that the system has made of a partition. */
export const insideVolumeSchema = z.object({
  path: z.string(),
  size: offset,
  fileSystem: z.string().optional(),
  /** It lies on the disk otherwise than it is read. */
  encrypted: z.boolean().optional(),
  copied: z.enum(['used', 'whole']),
  wholeReason: z.string().optional(),
  usedBytes: offset,
});
export type InsideVolume = z.infer<typeof insideVolumeSchema>;

export const volumeSchema = z.object({
  /** Index of its partition in the table, from 1; 0 when the file system spans the whole disk. */
  partition: z.number().int().nonnegative(),
  /** Bytes from the start of the disk. */
  start: offset,
  size: offset,
  fileSystem: z.string().optional(),
  label: z.string().optional(),
  /** UUID or serial number of the file system. */
  id: z.string().optional(),
  /** Of one of several that belong together: their identity, and how many are needed. */
  pool: poolSchema.optional(),
  /** Cluster or block, bytes. */
  unitSize: offset.optional(),
  consistency: consistencySchema,
  /** Why it is not clean. */
  consistencyReason: z.string().optional(),
  /** Nobody knows whether it was closed in order: it counts as if it had not been. */
  consistencyUnknown: z.boolean().optional(),
  /** Name of the provider by whose snapshot a volume in use is read. */
  snapshot: z.string().optional(),
  /** Nobody wrote down whether there would be one: only in a plan that is made of a record. */
  snapshotUnknown: z.boolean().optional(),
  /** `used`: only allocated blocks were taken; `whole`: all of it; `none`: it was left out. */
  copied: z.enum(['used', 'whole', 'none']),
  /** Why it was copied whole. */
  wholeReason: z.string().optional(),
  /** Bytes that the file system has in use; of a volume copied whole, its size; of one left out, 0. */
  usedBytes: offset,
  /** Content in use that was not taken, because a restored system makes it anew by itself. */
  leftOut: z.array(z.object({ name: z.string(), bytes: offset })).optional(),
  mountPoint: z.string().optional(),
  /** The volumes that the system has made of it. */
  inside: z.array(insideVolumeSchema).optional(),
});
export type Volume = z.infer<typeof volumeSchema>;

export const partitionSchema = z.object({
  index: z.number().int().positive(),
  start: offset,
  size: offset,
  type: z.string(),
  typeName: z.string().optional(),
  id: z.string().optional(),
  name: z.string().optional(),
  active: z.boolean(),
  attributes: z.string().optional(),
  kind: z.enum(['primary', 'extended', 'logical']),
});

/** The group of dynamic disks (Windows' Logical Disk Manager) that a disk is one of. */
export const dynamicGroupSchema = z.object({
  /** GUIDs, in lower case; these three are absent when no copy of the header can be read. */
  diskId: z.string().optional(),
  groupId: z.string().optional(),
  groupName: z.string().optional(),
  /** Grows with every change of the group: of several disks the one with the highest is right. */
  sequence: offset.optional(),
  /** Where what volumes may use begins, bytes of the disk. */
  dataStart: offset.optional(),
  /** All disks of the group; empty when its database cannot be read. */
  disks: z.array(z.object({ id: z.string(), name: z.string() })),
  volumes: z.array(
    z.object({
      name: z.string(),
      kind: z.enum(['simple', 'spanned', 'striped', 'mirrored', 'raid5']),
      size: offset,
      /** Where Windows would like to mount it, such as `C:`. */
      hint: z.string().optional(),
      /** GUIDs of the disks that hold parts of it. */
      disks: z.array(z.string()),
      /** These parts in its order, bytes from the beginning of the data of their disk; of a mirror one half after the other. */
      parts: z.array(z.object({ disk: z.string(), start: offset, size: offset })).optional(),
    }),
  ),
  /** What is broken, in words. */
  problems: z.array(z.string()),
});
export type DynamicGroupFacts = z.infer<typeof dynamicGroupSchema>;

/** A disk, its table and its volumes at one moment. */
export const diskLayoutSchema = z.object({
  size: offset,
  sectorSize: offset,
  scheme: z.enum(['gpt', 'mbr', 'none']),
  /** Disk GUID or MBR signature. */
  id: z.string().optional(),
  model: z.string().optional(),
  serial: z.string().optional(),
  partitions: z.array(partitionSchema),
  volumes: z.array(volumeSchema),
  dynamic: dynamicGroupSchema.optional(),
  /** What is wrong with the table, in words. */
  problems: z.array(z.string()),
  /** It may not show all partitions: what lies in none was taken with them. */
  doubtful: z.literal(true).exactOptional(),
});
export type DiskLayout = z.infer<typeof diskLayoutSchema>;
