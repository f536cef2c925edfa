import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

// Kernel name and numbers of 2.34 and later, and nothing that asks file systems, which may hang.
const columns = [
  'NAME,KNAME,PATH,MAJ:MIN,TYPE,SIZE,RO,RM,HOTPLUG,ROTA,LOG-SEC,PHY-SEC',
  'MODEL,SERIAL,VENDOR,TRAN,WWN',
  'FSTYPE,FSVER,LABEL,UUID,PTTYPE,PTUUID,PARTTYPE,PARTTYPENAME,PARTLABEL,PARTUUID',
].join(',');
const timeout = 10_000;
const longest = 16 * 2 ** 20;
const mostDevices = 16_384;

/** What lsblk adds to sysfs: what udev or blkid know of content and hardware. Texts are as lsblk has them, trimmed. */
export interface LsblkFacts {
  readonly path?: string;
  readonly type?: string;
  readonly vendor?: string;
  readonly model?: string;
  readonly serial?: string;
  readonly wwn?: string;
  readonly transport?: string;
  readonly fileSystem?: string;
  readonly label?: string;
  readonly id?: string;
  readonly tableType?: string;
  readonly tableId?: string;
  readonly partitionType?: string;
  readonly partitionTypeName?: string;
  readonly partitionName?: string;
  readonly partitionId?: string;
}

const fields: Readonly<Record<keyof LsblkFacts, string>> = {
  path: 'path',
  type: 'type',
  vendor: 'vendor',
  model: 'model',
  serial: 'serial',
  wwn: 'wwn',
  transport: 'tran',
  fileSystem: 'fstype',
  label: 'label',
  id: 'uuid',
  tableType: 'pttype',
  tableId: 'ptuuid',
  partitionType: 'parttype',
  partitionTypeName: 'parttypename',
  partitionName: 'partlabel',
  partitionId: 'partuuid',
};

/** Runs lsblk; `undefined` when there is none, or none that answers as one. An older one is asked for all that it knows. */
export async function askLsblk(command = 'lsblk'): Promise<unknown> {
  for (const words of [['-o', columns], ['--output-all']]) {
    try {
      const options = { timeout, maxBuffer: longest, env: { ...process.env, LC_ALL: 'C' } };
      const { stdout } = await promisify(execFile)(command, ['--json', '--bytes', ...words], options);
      const parsed: unknown = JSON.parse(stdout);
      readLsblk(parsed);
      return parsed;
    } catch {
      continue;
    }
  }
  return undefined;
}

/**
 * Facts by device number, from lsblk's JSON of any version; a device that stands there several times is taken once. Throws
 * `RangeError` for more devices than any machine has, `TypeError` for what is not lsblk's.
 */
export function readLsblk(output: unknown): ReadonlyMap<string, LsblkFacts> {
  const found = new Map<string, LsblkFacts>();
  if (output === undefined) return found;
  const waiting: unknown[] = [...listIn(output, 'blockdevices')];
  // Not by recursion: how deep it is, others decide.
  for (let seen = 0; waiting.length > 0; seen += 1) {
    if (seen >= mostDevices) throw new RangeError(`lsblk shows more than ${mostDevices} devices`);
    const each = waiting.pop();
    const number = textIn(each, 'maj:min');
    if (number === undefined) throw new TypeError('lsblk shows a device without a number');
    found.set(number, factsOf(each));
    if (hasMember(each, 'children')) for (const child of listIn(each, 'children')) waiting.push(child);
  }
  return found;
}

function factsOf(device: unknown): LsblkFacts {
  const entries = Object.entries(fields).flatMap(([field, key]) => {
    const text = textIn(device, key);
    return text === undefined ? [] : [[field, text] as const];
  });
  return Object.fromEntries(entries);
}

function textIn(device: unknown, key: string): string | undefined {
  if (!hasMember(device, key)) return undefined;
  const value = device[key];
  const text = typeof value === 'string' ? value.trim() : typeof value === 'number' ? String(value) : '';
  return text === '' || text.length > 4096 ? undefined : text;
}

function listIn(value: unknown, key: string): readonly unknown[] {
  const list = hasMember(value, key) ? value[key] : undefined;
  if (!Array.isArray(list)) throw new TypeError(`lsblk has no list "${key}"`);
  return list;
}

function hasMember<K extends string>(value: unknown, key: K): value is Readonly<Record<K, unknown>> {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key);
}
