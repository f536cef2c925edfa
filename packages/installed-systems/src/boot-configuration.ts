import { ByteView, isFormatError } from '@sysimage/bytes';
import { guidOf, hexOf } from './guid.js';
import { textOf, textsOf, type Hive, type HiveKey } from './hive.js';

/** A volume as boot configurations name it: upper-case GUIDs, or the signature of an MBR (8 hex digits) and a place in bytes. */
export type BootDevice =
  | { readonly scheme: 'gpt'; readonly diskId: string; readonly partitionId: string }
  | { readonly scheme: 'mbr'; readonly diskId: string; readonly start: number };

/** Something that can be started. */
export interface BootEntry {
  /** GUID in braces. */
  readonly id: string;
  /** What the menu shows. */
  readonly title: string | undefined;
  /** Where the program to start lies, and where the system does. */
  readonly program: BootDevice | undefined;
  readonly system: BootDevice | undefined;
  /** Folder of the system: `\Windows`. */
  readonly folder: string | undefined;
}

/** What the boot manager of Windows Vista and later starts (BCD). */
export interface BootConfiguration {
  /** Where the boot manager itself lies. */
  readonly manager: BootDevice | undefined;
  readonly entries: readonly BootEntry[];
  /** The entry that starts when nobody chooses. */
  readonly first: string | undefined;
  /** Ids of the entries that the menu shows. */
  readonly shown: readonly string[];
}

const bootManager = '{9dea862c-5cdd-4e70-acc1-f32b344d4795}';
/** Type of the objects that start a Windows: an application, of the kind that the boot manager starts, that loads a system. */
const loader = 0x1020_0003;
const element = {
  device: '11000001',
  title: '12000004',
  systemDevice: '21000001',
  folder: '22000002',
  first: '23000003',
  shown: '24000001',
};
/** More than that is no menu. */
const mostEntries = 1000;
/** Characters of a text that people read. */
const longestText = 1024;

/** Reads the hive `BCD`. Errors: `FormatError`. An entry whose device is of a kind that is not read here has none. */
export async function readBootConfiguration({ root }: Hive): Promise<BootConfiguration> {
  const objects = await root.find('Objects');
  const entries: BootEntry[] = [];
  for (const object of (await objects?.keys(mostEntries)) ?? []) {
    const type = await numberIn(await object.find('Description'), 'Type');
    if (type !== loader) continue;
    entries.push({
      id: object.name,
      title: await shortText(object, element.title),
      program: await deviceOf(object, element.device),
      system: await deviceOf(object, element.systemDevice),
      folder: await shortText(object, element.folder),
    });
  }
  const manager = await objects?.find(bootManager);
  return {
    manager: manager === undefined ? undefined : await deviceOf(manager, element.device),
    entries,
    first: manager === undefined ? undefined : await shortText(manager, element.first),
    shown: manager === undefined ? [] : await shownBy(manager),
  };
}

async function elementOf(object: HiveKey, id: string): ReturnType<HiveKey['value']> {
  return (await object.find(`Elements\\${id}`))?.value('Element');
}

async function shortText(object: HiveKey, id: string): Promise<string | undefined> {
  return (await textOf(await elementOf(object, id)))?.slice(0, longestText);
}

async function shownBy(manager: HiveKey): Promise<readonly string[]> {
  const ids = await textsOf(await elementOf(manager, element.shown));
  return ids.slice(0, mostEntries).map((id) => id.slice(0, longestText));
}

async function numberIn(key: HiveKey | undefined, name: string): Promise<number | undefined> {
  const bytes = await (await key?.value(name))?.bytes();
  return bytes?.length === 4 ? new ByteView(bytes, 'number').u32le(0) : undefined;
}

const partitionDevice = 6;
const schemes = { gpt: 0, mbr: 1 };

/** A device is 16 bytes for options, then its kind, and for a partition where it lies and on which disk. */
async function deviceOf(object: HiveKey, id: string): Promise<BootDevice | undefined> {
  const bytes = await (await elementOf(object, id))?.bytes();
  if (bytes === undefined) return undefined;
  const view = new ByteView(bytes, 'boot device');
  try {
    if (view.u32le(0x10) !== partitionDevice) return undefined;
    const scheme = view.u32le(0x34);
    if (scheme === schemes.gpt) return { scheme: 'gpt', diskId: guidOf(view, 0x38), partitionId: guidOf(view, 0x20) };
    if (scheme !== schemes.mbr) return undefined;
    return { scheme: 'mbr', diskId: hexOf(view.u32le(0x38), 8), start: view.u64le(0x20) };
  } catch (error) {
    // Whoever has only one broken entry can start the others.
    if (isFormatError(error)) return undefined;
    throw error;
  }
}
