import { SysimageError } from '@sysimage/core/plugin';
import { z } from 'zod';

const longest = 16 * 2 ** 20;
const most = 16_384;

const text = z.string().max(4096);
const number = z.int().nonnegative();
// PowerShell says null for what it has no value of.
const maybe = <T extends z.ZodType>(schema: T): z.ZodType<z.output<T> | undefined> =>
  schema.nullish().transform((value) => value ?? undefined);

/** Windows PowerShell writes some lists as objects with a count, and one thing as itself. */
function listOf<T extends z.ZodType>(each: T): z.ZodType<readonly z.output<T>[]> {
  return z.preprocess((value) => {
    const wrapped = typeof value === 'object' && value !== null && 'value' in value ? value.value : value;
    if (wrapped === undefined || Array.isArray(wrapped)) return wrapped;
    return wrapped === null ? [] : [wrapped];
  }, z.array(each).max(most));
}

const factsSchema = z.object({
  /** `MSFT_Disk`. */
  disks: listOf(
    z.object({
      Number: number,
      Manufacturer: maybe(text),
      Model: maybe(text),
      SerialNumber: maybe(text),
      UniqueId: maybe(text),
      UniqueIdFormat: maybe(number),
      Size: number,
      LogicalSectorSize: maybe(number),
      PhysicalSectorSize: maybe(number),
      BusType: maybe(number),
      PartitionStyle: maybe(number),
      Signature: maybe(number),
      Guid: maybe(text),
      Location: maybe(text),
      IsReadOnly: maybe(z.boolean()),
    }),
  ),
  /** `MSFT_Partition`. */
  partitions: listOf(
    z.object({
      DiskNumber: number,
      PartitionNumber: number,
      Offset: number,
      Size: number,
      MbrType: maybe(number),
      GptType: maybe(text),
      Guid: maybe(text),
      AccessPaths: listOf(text),
      IsReadOnly: maybe(z.boolean()),
    }),
  ),
  /** `MSFT_Volume`. */
  volumes: listOf(
    z.object({
      Path: maybe(text),
      FileSystem: maybe(text),
      FileSystemLabel: maybe(text),
      DriveType: maybe(number),
    }),
  ),
  /** `Win32_LogicalDisk`. */
  letters: listOf(z.object({ DeviceID: text, DriveType: maybe(number), ProviderName: maybe(text) })),
  /** `MSFT_PhysicalDisk`. */
  physicalDisks: listOf(z.object({ DeviceId: maybe(text), MediaType: maybe(number) })),
  /** `Win32_DiskDrive`. */
  drives: listOf(z.object({ Index: maybe(number), MediaType: maybe(text), SerialNumber: maybe(text) })),
});

/** What a Windows says of its storage, as it says it: names and numbers are those of its classes. */
export type WindowsFacts = z.output<typeof factsSchema>;
export type WindowsDisk = WindowsFacts['disks'][number];
export type WindowsPartition = WindowsFacts['partitions'][number];

/** Reads what PowerShell wrote. Errors: `unavailable`, naming the place, for what is no answer to the question. */
export function parseWindowsFacts(json: string): WindowsFacts {
  if (json.length > longest) throw refused(`its answer is longer than ${longest} characters`);
  let value: unknown;
  try {
    // A byte order mark, where the console has one.
    value = JSON.parse(json.replace(/^\ufeff/u, ''));
  } catch {
    throw refused('its answer is not JSON');
  }
  const parsed = factsSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [first] = parsed.error.issues;
  throw refused(`${first?.path.join('.') ?? ''}: ${first?.message ?? 'it is something else'}`);
}

function refused(why: string): SysimageError {
  return new SysimageError('unavailable', `Windows does not tell of its disks: ${why}`, { operation: 'inventory' });
}
