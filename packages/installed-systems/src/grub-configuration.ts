import { readKernelOptions, type LoaderEntry } from './loader-entry.js';

/**
 * What a `grub.cfg` starts, as far as its lines say so by themselves: it is a program, and none of it is run here. One that only says where the
 * rest of it lies, as distributions put onto the EFI system partition, makes up an entry without a title.
 */
export function readGrubConfiguration(text: string, mostEntries: number): readonly LoaderEntry[] {
  const entries: LoaderEntry[] = [];
  let title: string | undefined;
  let place: string | undefined;
  // By a name that says nothing here, such as the first disk of the firmware.
  let isElsewhere = false;
  let rest: LoaderEntry | undefined;
  for (const line of text.split('\n').map((each) => each.trim())) {
    if (line.startsWith('menuentry ')) [title, place, isElsewhere] = [titleIn(line), undefined, false];
    else if (line.startsWith('set root=')) isElsewhere = true;
    else if (/^search[.\s]/u.test(line)) {
      place = searched(line);
      isElsewhere = place === undefined;
    } else if (line.startsWith('set prefix=(') && place !== undefined) rest = pointing(line, place);
    else if (/^linux(?:16|efi)?\s/u.test(line) && !isElsewhere) {
      const options = readKernelOptions(line);
      // What is started from a medium has no root, or makes one.
      if (options.root !== undefined && !options.root.startsWith('live:'))
        entries.push({ title, version: undefined, place, ...options });
    }
    if (entries.length >= mostEntries) break;
  }
  return entries.length > 0 || rest === undefined ? entries : [rest];
}

/** `menuentry 'Debian GNU/Linux, with Linux 6.1.0-13-amd64' --class debian {`; of another system it says on which device that is. */
function titleIn(line: string): string | undefined {
  const [, single, double] = /^menuentry\s+(?:'([^']*)'|"([^"]*)")/u.exec(line) ?? [];
  const [name] = (single ?? double ?? '').split(/, with Linux | \(\S{1,20} \/dev\//u);
  return name === undefined || name === '' ? undefined : name;
}

/** `search.fs_uuid UUID root hd0,gpt2`, `search --no-floppy --fs-uuid --set=root UUID`. */
function searched(line: string): string | undefined {
  const words = line.split(/\s+/u);
  if (!words.some((word) => ['search.fs_uuid', '--fs-uuid', '-u'].includes(word))) return undefined;
  const id = words.findLast((word) => /^[0-9a-f]{4,}(?:-[0-9a-f]+)*$/iu.test(word));
  return id === undefined ? undefined : `UUID=${id}`;
}

/** `set prefix=($root)'/boot/grub'`: the volume with such a folder is itself what is mounted as root; that with `/grub` is only its /boot. */
function pointing(line: string, place: string): LoaderEntry {
  const isRoot = /^set prefix=\([^)]*\)['"]?(?:\/[^/]+)*\/boot\/grub2?['"]?$/u.test(line);
  return { title: undefined, version: undefined, place, root: isRoot ? place : undefined, opened: [] };
}
