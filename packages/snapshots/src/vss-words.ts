import { z } from 'zod';

/** What is asked of PowerShell about the disk `\\.\PhysicalDrive3`; `undefined`: that is no such name. */
export function partitionsQuestion(disk: string): string | undefined {
  const [, number] = /^\\\\\.\\PhysicalDrive(\d{1,4})$/iu.exec(disk) ?? [];
  if (number === undefined) return undefined;
  return `ConvertTo-Json -Depth 3 @(Get-Partition -DiskNumber ${number} | Select-Object Offset,AccessPaths)`;
}

const partitionsSchema = z.array(
  z.object({ Offset: z.number().int().nonnegative(), AccessPaths: z.array(z.string()).nullable() }),
);
/** One of the access paths is the volume's own name. */
const volumeName = /^\\\\\?\\Volume\{[0-9a-f-]{36}\}\\$/iu;

/** Partitions that are volumes: where they start, bytes, and their names. */
export function partitionsIn(json: string): readonly { readonly offset: number; readonly volume: string }[] {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return [];
  }
  return (partitionsSchema.safeParse(value).data ?? []).flatMap(({ Offset: offset, AccessPaths: paths }) => {
    const volume = paths?.find((path) => volumeName.test(path));
    return volume === undefined ? [] : [{ offset, volume }];
  });
}

const ready = 'sysimage reads the shadow copies';

/** What diskshadow runs when it has made the copies: it waits until its input closes. */
export const waitingScript = `@echo off\r\necho ${ready}\r\nset /p line=\r\n`;

/** One set of shadow copies that live as long as diskshadow does. */
export function creationScript(volumes: readonly string[], waiting: string): string {
  const lines = [
    'set verbose on',
    'set context volatile',
    ...volumes.map((volume, index) => `add volume ${volume} alias sysimage${index}`),
    'create',
    `exec "${waiting}"`,
  ];
  return lines.map((line) => `${line}\r\n`).join('');
}

/** More than diskshadow ever says. */
const longest = 1024 * 1024;

/** Devices of shadow copies by the names of their volumes, in lower case, as soon as all of them are made; none when it failed. */
export async function createdCopies(said: AsyncIterable<string>): Promise<ReadonlyMap<string, string>> {
  let text = '';
  for await (const part of said) {
    text += part;
    if (text.includes(ready)) return copiesIn(text);
    if (text.length > longest) break;
  }
  return new Map();
}

function copiesIn(text: string): ReadonlyMap<string, string> {
  const copies = new Map<string, string>();
  let volume: string | undefined;
  for (const line of text.split(/\r?\n/u)) {
    volume = /original volume name: (\\\\\?\\volume\{[0-9a-f-]{36}\}\\)/iu.exec(line)?.[1]?.toLowerCase() ?? volume;
    const device = /device name: (\\\\\?\\GLOBALROOT\\Device\\HarddiskVolumeShadowCopy\d+)/iu.exec(line)?.[1];
    if (volume !== undefined && device !== undefined) copies.set(volume, device);
  }
  return copies;
}
