import { readFile, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { deviceNumber } from '@sysimage/block-device';

const sector = 512;

/** `major:minor` of a device by its path; `undefined` when it is none. */
export async function numberOfDevice(path: string): Promise<string | undefined> {
  const facts = await stat(path, { bigint: true }).catch(() => undefined);
  return facts?.isBlockDevice() === true ? deviceNumber(facts.rdev) : undefined;
}

/** What device-mapper calls a device, and who made it: `LVM-…`. */
export async function mappedDevice(
  number: string,
): Promise<{ readonly name: string; readonly maker: string } | undefined> {
  const text = async (file: string): Promise<string> =>
    (await readFile(`/sys/dev/block/${number}/dm/${file}`, 'utf8').catch(() => '')).trim();
  const name = await text('name');
  return name === '' ? undefined : { name, maker: await text('uuid') };
}

/** Where a device starts on a disk, bytes: 0 for the disk itself; `undefined` when it does not lie on it as a partition. */
export async function startOnDisk(device: string, disk: string): Promise<number | undefined> {
  if (device === disk) return 0;
  const folder = await realpath(`/sys/dev/block/${device}`).catch(() => undefined);
  if (folder === undefined) return undefined;
  const start = await readFile(`${folder}/start`, 'utf8').catch(() => undefined);
  const parent = await readFile(`${dirname(folder)}/dev`, 'utf8').catch(() => undefined);
  if (start === undefined || parent?.trim() !== disk) return undefined;
  return Number(start) * sector;
}
