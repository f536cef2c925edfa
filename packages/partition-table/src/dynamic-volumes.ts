import { FormatError } from '@sysimage/bytes';
import type { DynamicDatabase } from './dynamic-database.js';
import type { DynamicRecord } from './dynamic-record.js';

export interface DynamicVolume {
  /** GUID in lower case. */
  readonly id: string;
  readonly name: string;
  readonly kind: 'simple' | 'spanned' | 'striped' | 'mirrored' | 'raid5';
  /** Bytes. */
  readonly size: number;
  /** As in an MBR: 7 is NTFS. */
  readonly partitionType: number;
  /** Where Windows would like to mount it, such as `C:`. */
  readonly hint: string | undefined;
  /** One; of a mirrored volume each has all of it. */
  readonly components: readonly DynamicComponent[];
}

export interface DynamicComponent {
  readonly layout: 'concatenated' | 'striped' | 'raid5';
  /** Bytes that go to one disk before the next one has its turn; of what is not striped: `undefined`. */
  readonly stripe: number | undefined;
  /** In the order of the volume: by place when concatenated, by column when striped. */
  readonly parts: readonly DynamicPart[];
}

/** What of a volume lies on one disk. */
export interface DynamicPart {
  /** GUID of the disk in lower case, as in its own header. */
  readonly disk: string;
  /** Bytes from the beginning of the data of that disk, which only its own header tells. */
  readonly start: number;
  readonly size: number;
}

export interface DynamicGroup {
  readonly disks: readonly { readonly id: string; readonly name: string }[];
  readonly volumes: readonly DynamicVolume[];
}

type RecordOf<Kind extends DynamicRecord['record']> = Extract<DynamicRecord, { record: Kind }>;

/**
 * Puts the records of a group together. Errors: `FormatError` `corrupt` when one names another that is not there, or parts do not make
 * up their volume.
 */
export function assembleDynamicGroup({ records }: Pick<DynamicDatabase, 'records'>, sectorSize: number): DynamicGroup {
  const all = <Kind extends DynamicRecord['record']>(kind: Kind): readonly RecordOf<Kind>[] =>
    records.filter((record): record is RecordOf<Kind> => record.record === kind);
  const disks = new Map(all('disk').map((disk) => [disk.key, disk]));
  const [components, parts] = [groupedBy(all('component'), 'volume'), groupedBy(all('part'), 'component')];
  const bytes = (sectors: number, of: string): number => {
    if (Number.isSafeInteger(sectors * sectorSize)) return sectors * sectorSize;
    throw corrupt(`${of} is out of range: ${sectors} sectors`);
  };
  const partOf = ({ name, disk, start, size }: RecordOf<'part'>): DynamicPart => {
    const found = disks.get(disk);
    if (found === undefined) throw corrupt(`${name} lies on a disk that is not there (${disk})`);
    bytes(start + size, name);
    return { disk: found.id, start: bytes(start, name), size: bytes(size, name) };
  };
  const componentOf = (component: RecordOf<'component'>, size: number): DynamicComponent => {
    const found = parts.get(component.key) ?? [];
    if (found.length === 0 || found.length !== component.parts)
      throw corrupt(`${component.name} has ${found.length} parts instead of ${component.parts}`);
    const { layout, stripe } = component;
    const ordered = found.toSorted((a, b) => (layout === 'concatenated' ? a.offset - b.offset : a.column - b.column));
    checkParts(component, ordered, size);
    return {
      layout,
      stripe: stripe === undefined ? undefined : bytes(stripe, component.name),
      parts: ordered.map(partOf),
    };
  };
  const volumes = all('volume').map((volume): DynamicVolume => {
    const found = components.get(volume.key) ?? [];
    if (found.length === 0 || found.length !== volume.components)
      throw corrupt(`${volume.name} has ${found.length} components instead of ${volume.components}`);
    const { id, name, partitionType, hint } = volume;
    const made = found.map((component) => componentOf(component, volume.size));
    return {
      id,
      name,
      kind: kindOf(made),
      size: bytes(volume.size, name),
      partitionType,
      hint,
      components: made,
    };
  });
  for (const [kept, what] of [
    [components, new Set(all('volume').map(({ key }) => key))],
    [parts, new Set(all('component').map(({ key }) => key))],
  ] as const) {
    for (const key of kept.keys()) if (!what.has(key)) throw corrupt(`something belongs to ${key}, which is not there`);
  }
  return { disks: [...disks.values()].map(({ id, name }) => ({ id, name })), volumes };
}

/** The parts of a component hold a volume: without gaps one after the other, or as columns of one size. */
function checkParts(
  { name, layout, stripe }: RecordOf<'component'>,
  parts: readonly RecordOf<'part'>[],
  size: number,
): void {
  if (layout === 'concatenated') {
    let end = 0;
    for (const part of parts) {
      if (part.offset !== end) throw corrupt(`${part.name} begins at ${part.offset} of its volume instead of ${end}`);
      end += part.size;
    }
    if (end < size) throw corrupt(`${name} ends at ${end} sectors, before ${size}`);
    return;
  }
  if (stripe === undefined || stripe < 1) throw corrupt(`${name} has no size of stripes`);
  const holding = layout === 'raid5' ? parts.length - 1 : parts.length;
  for (const [i, part] of parts.entries()) {
    if (part.column !== i) throw corrupt(`${name} has no column ${i}`);
    if (part.size * holding < size) throw corrupt(`${part.name} is too small for its volume`);
  }
}

function kindOf(components: readonly DynamicComponent[]): DynamicVolume['kind'] {
  const [first] = components;
  if (components.length > 1) return 'mirrored';
  if (first?.layout !== 'concatenated') return first?.layout ?? 'simple';
  return first.parts.length > 1 ? 'spanned' : 'simple';
}

function groupedBy<Field extends string, T extends Readonly<Record<Field, number>>>(
  items: readonly T[],
  field: Field,
): ReadonlyMap<number, readonly T[]> {
  const groups = new Map<number, T[]>();
  for (const item of items) {
    const group = groups.get(item[field]);
    if (group === undefined) groups.set(item[field], [item]);
    else group.push(item);
  }
  return groups;
}

function corrupt(message: string): FormatError {
  return new FormatError('corrupt', `dynamic disk database: ${message}`);
}
