import { readGrubConfiguration } from './grub-configuration.js';
import { readLoaderEntry, type LoaderEntry } from './loader-entry.js';
import { readText, unbroken, type CandidateVolume } from './volume.js';

/** An entry, and the volume with its menu. */
export interface FoundLoaderEntry {
  readonly volume: CandidateVolume;
  readonly entry: LoaderEntry;
}

/** On a volume of their own, and in /boot of the root. */
const folders = ['loader/entries', 'boot/loader/entries'];
const configurations = ['grub/grub.cfg', 'grub2/grub.cfg', 'boot/grub/grub.cfg', 'boot/grub2/grub.cfg'];
/** Where every distribution has a folder of its own on an EFI system partition. */
const vendors = 'EFI';
/** Of one volume; and names that are looked at in a directory. */
const mostEntries = 64;
/** Bytes of an entry, and of a configuration where there may be many. */
const longestEntry = 64 * 1024;

/** What boot loaders on volumes start of Linux, the newest kernels of a volume first. Rejections of the reads pass through. */
export async function findLoaderEntries(volumes: readonly CandidateVolume[]): Promise<readonly FoundLoaderEntry[]> {
  const found: FoundLoaderEntry[] = [];
  for (const volume of volumes) {
    const entries = [...(await entriesOn(volume)), ...(await grubEntriesOn(volume))];
    found.push(...entries.slice(0, mostEntries).map((entry) => ({ volume, entry })));
  }
  return found;
}

async function entriesOn(volume: CandidateVolume): Promise<readonly LoaderEntry[]> {
  const entries: LoaderEntry[] = [];
  for (const folder of folders) {
    const names = (await namesIn(volume, folder)).filter((name) => name.toLowerCase().endsWith('.conf'));
    for (const name of names.slice(0, mostEntries)) {
      const text = await readText(volume, [`${folder}/${name}`], longestEntry);
      const entry = text === undefined ? undefined : readLoaderEntry(text);
      if (entry !== undefined) entries.push(entry);
    }
  }
  return entries.toSorted((a, b) => byVersion(b.version ?? '', a.version ?? ''));
}

/** Made when there is something to compare: that takes longer than loading all of this room. */
function byVersion(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

async function grubEntriesOn(volume: CandidateVolume): Promise<readonly LoaderEntry[]> {
  const own = (await namesIn(volume, vendors)).slice(0, mostEntries).map((name) => `${vendors}/${name}/grub.cfg`);
  const entries: LoaderEntry[] = [];
  for (const path of [...configurations, ...own]) {
    const text = await readText(volume, [path], own.includes(path) ? longestEntry : undefined);
    if (text !== undefined) entries.push(...readGrubConfiguration(text, mostEntries));
    if (entries.length >= mostEntries) break;
  }
  return entries;
}

async function namesIn({ files }: CandidateVolume, folder: string): Promise<readonly string[]> {
  const entries = await unbroken(async () => files?.list(folder));
  return (entries ?? []).map(({ name }) => name);
}
