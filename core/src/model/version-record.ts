import { z } from 'zod';
import { isObjectName, type ObjectName } from '../contract/names.js';
import { consistencySchema, diskLayoutSchema } from './disk-layout.js';
import { findingSchema } from './finding.js';

const name = z.custom<ObjectName>((value) => typeof value === 'string' && isObjectName(value), 'is not an object name');
const size = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
const digest = z.string().regex(/^[0-9a-f]{64}$/u);

/** Id of a version: the moment it began, and a random tail. Ids of one computer increase strictly. */
export const versionIdSchema = z.string().regex(/^\d{8}t\d{9}z-[0-9a-z]{4}$/u);

/** An immutable object and what it must be. */
export const storedObjectSchema = z.object({ name, size, digest });
export type StoredObject = z.infer<typeof storedObjectSchema>;

export const shardEntrySchema = storedObjectSchema.extend({ shard: z.number().int().nonnegative() });
export type ShardEntry = z.infer<typeof shardEntrySchema>;

export const layerEntrySchema = z.object({
  name,
  size,
  /** BLAKE3 of the layer's index. */
  digest,
  /** The version whose displaced grains it holds. */
  base: versionIdSchema,
  /** The run that displaced them. */
  run: versionIdSchema,
});
export type LayerEntry = z.infer<typeof layerEntrySchema>;

export const imageEntrySchema = z.object({
  name,
  kind: z.enum(['in-place', 'sequential']),
  format: z.enum(['vhd', 'vhdx']),
  /** Bytes of the file. */
  size,
  /** BLAKE3 of the header region `[0, first block)` followed by the footer, as they were at the commit. */
  headerDigest: digest,
  /** Opaque state of the object at the commit, to notice that somebody touched it. */
  state: z.string().optional(),
  /** The first of the images that share bytes with it, each of which began as a copy of the one before. */
  origin: name.optional(),
});
export type ImageEntry = z.infer<typeof imageEntrySchema>;

export const diskRecordSchema = z.object({
  index: z.number().int().nonnegative(),
  /** Folder of the disk on the target. */
  key: z.string(),
  /** Where the disk was found. For people. */
  path: z.string(),
  layout: diskLayoutSchema,
  image: imageEntrySchema,
  /** The byte-exact map of what the version holds. */
  allocation: storedObjectSchema,
  /** The image map: one shard for each GiB of disk that holds anything, in order. */
  shards: z.array(shardEntrySchema),
  /** Every layer of the image that exists at the commit, oldest base first. */
  layers: z.array(layerEntrySchema),
  /** Bytes in the allocation map. */
  allocatedBytes: size,
  /** Bytes of grains that differ from what the image held. */
  changedBytes: size,
  /** Bytes that the version before held otherwise: in the layer, or in its own image where this one began as a copy of that. */
  displacedBytes: size,
  /** Runs of the disk that could not be read; zeros stand there. */
  unreadable: z.array(z.object({ start: size, end: size })),
});
export type DiskRecord = z.infer<typeof diskRecordSchema>;

const installedSystemSchema = z.object({
  family: z.enum(['windows', 'linux']),
  name: z.string(),
  version: z.string().optional(),
  build: size.optional(),
  needs: z.array(
    z.object({ disk: size, partition: size, role: z.enum(['system', 'boot', 'recovery', 'part']), taken: z.boolean() }),
  ),
  startKnown: z.boolean(),
});

const bootDeviceSchema = z.discriminatedUnion('scheme', [
  z.object({ scheme: z.literal('gpt'), diskId: z.string(), partitionId: z.string() }),
  z.object({ scheme: z.literal('mbr'), diskId: z.string(), start: size }),
]);

/** What the boot manager of Windows starts (BCD), and the disks that it names. */
const bootConfigurationSchema = z.object({
  /** Where the hive lies, with `/`. */
  disk: size,
  partition: size,
  file: z.string(),
  /** `dirty`: its last changes may only be in log files; `broken`: it cannot be read. */
  state: z.enum(['clean', 'dirty', 'broken']),
  manager: bootDeviceSchema.optional(),
  /** Id of the entry that starts when nobody chooses, and of those that the menu shows. */
  first: z.string().optional(),
  shown: z.array(z.string()),
  entries: z.array(
    z.object({
      id: z.string(),
      title: z.string().optional(),
      program: bootDeviceSchema.optional(),
      system: bootDeviceSchema.optional(),
      folder: z.string().optional(),
    }),
  ),
});
export type BootConfigurationRecord = z.infer<typeof bootConfigurationSchema>;

/** What the firmware of the machine started from a partition of these disks (UEFI's `Boot####`). */
const firmwareEntrySchema = z.object({
  number: z.number().int().min(0).max(0xffff),
  title: z.string(),
  active: z.boolean(),
  /** Place in the order in which entries are tried, from 0; absent when it is not part of that. */
  place: size.optional(),
  /** The machine was started by it. */
  current: z.boolean(),
  disk: size,
  partition: size,
  /** Path of the program on the partition. */
  file: z.string().optional(),
  /** What the program is given, in hex. */
  data: z.string().optional(),
});
export type FirmwareEntryRecord = z.infer<typeof firmwareEntrySchema>;

export const versionRecordSchema = z.object({
  format: z.literal('sysimage-version/1'),
  id: versionIdSchema,
  computer: z.string(),
  machineId: z.string().optional(),
  createdAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  tool: z.string(),
  consistency: consistencySchema,
  grainSize: z.literal(65_536),
  disks: z.array(diskRecordSchema).min(1),
  /** What was installed on these disks; absent when nothing was found, or nobody looked. */
  systems: z.array(installedSystemSchema).optional(),
  /** Absent when there was none, or nobody looked. */
  bootConfigurations: z.array(bootConfigurationSchema).optional(),
  /** Absent when none names a partition of these disks, or the machine does not tell. */
  firmwareEntries: z.array(firmwareEntrySchema).optional(),
  findings: z.array(findingSchema),
});
/** The commit record of a version: when it exists, the version is complete. */
export type VersionRecord = z.infer<typeof versionRecordSchema>;

export const runMarkSchema = z.object({
  format: z.literal('sysimage-run/1'),
  run: versionIdSchema,
  startedAt: z.iso.datetime(),
  disks: z.array(
    z.object({
      key: z.string(),
      image: name,
      /** Absent on the first backup into this image: there is nothing to go back to. */
      layer: name.optional(),
      /** Without a layer: the version whose image this one began as a copy of. */
      base: versionIdSchema.optional(),
    }),
  ),
});
/** Exists only while a run is open: from its creation on, the base reads as layer over image. */
export type RunMark = z.infer<typeof runMarkSchema>;

export const computerRecordSchema = z.object({
  format: z.literal('sysimage-computer/1'),
  name: z.string(),
  machineId: z.string().optional(),
  createdAt: z.iso.datetime(),
});
export type ComputerRecord = z.infer<typeof computerRecordSchema>;
