// The unit of device-mapper, whatever the sector of the device.
const unit = 512;

/** One line of a table of device-mapper; bytes. */
export interface MapperRun {
  readonly at: number;
  readonly length: number;
  /** `linear`, `crypt`, … */
  readonly kind: string;
  readonly rest: string;
}

/** By name of the device. */
export type MapperTables = ReadonlyMap<string, readonly MapperRun[]>;

/** `name: start length target arguments`, as `dmsetup table` says it of all devices. Lines that are none are passed over. */
export function parseMapperTables(text: string): MapperTables {
  const tables = new Map<string, MapperRun[]>();
  for (const line of text.split('\n')) {
    const [, name = '', at, length, kind, rest = ''] = /^(.+): (\d{1,13}) (\d{1,13}) (\S+) ?(.*)$/u.exec(line) ?? [];
    if (at === undefined || length === undefined || kind === undefined) continue;
    const runs = tables.get(name) ?? [];
    runs.push({ at: Number(at) * unit, length: Number(length) * unit, kind, rest });
    tables.set(name, runs);
  }
  return tables;
}

/** `device offset` of a linear run: the number of the device, and bytes; `undefined` for what is none. */
export function linearRun({ kind, rest }: MapperRun): { readonly below: string; readonly offset: number } | undefined {
  const [, below, offset] = /^(\d+:\d+) (\d{1,13})$/u.exec(rest) ?? [];
  return kind === 'linear' && below !== undefined ? { below, offset: Number(offset) * unit } : undefined;
}
