import { disk, seal, gptDisk, writeMbr, type Disk } from './disk.js';
import { sealDynamicHeader, writeDynamicHeader } from './dynamic-header.js';

/** A volume of a generated group: on which of its disks, and how many sectors on each. */
export interface VolumePlan {
  readonly kind: 'simple' | 'spanned' | 'striped' | 'mirrored' | 'raid5';
  readonly parts: readonly { readonly disk: number; readonly sectors: number }[];
  readonly hint?: string;
}

export interface GroupPlan {
  readonly scheme: 'mbr' | 'gpt';
  readonly disks: number;
  /** Of each disk. */
  readonly sectors: number;
  readonly volumes: readonly VolumePlan[];
}

/** Sectors of a database, and where in it things lie. */
const databaseSectors = 2048;
const config = { start: 17, sectors: 1481 };
const log = { start: 1498, sectors: 224 };
const contents = [1, 2, 2045, 2046];
const blockSize = 128;
const pieceSize = blockSize - 16;
export const groupId = '03c0c4fc-8b6f-402b-9431-4be2e5823b1c';
export const diskId = (index: number): string => `06495aa3-7e69-11e4-a222-00505600000${index}`;
export const volumeId = (index: number): string => `5c1b2f00-7e69-11e4-a222-00505600000${index}`;

/** Makes the disks of a group of dynamic disks, each with a header and the database of the group. */
export function dynamicGroup(plan: GroupPlan): readonly Disk[] {
  const records = recordsOf(plan);
  return Array.from({ length: plan.disks }, (_, index) => {
    const made = plan.scheme === 'gpt' ? gptMember(plan.sectors) : mbrMember(plan.sectors);
    const [database, dataStart, dataSize, headers] =
      plan.scheme === 'gpt'
        ? [64, 64 + databaseSectors, plan.sectors - 128 - databaseSectors, [64 + 2047, 64 + 1856]]
        : [
            plan.sectors - databaseSectors,
            63,
            plan.sectors - databaseSectors - 63,
            [6, plan.sectors - 2048 + 1856, plan.sectors - 1],
          ];
    writeDatabase(made, database * 512, records, plan);
    for (const sector of headers) {
      const places = { dataStart, dataSize, databaseStart: database, databaseSize: databaseSectors };
      writeDynamicHeader(made, sector * 512, places, { disk: diskId(index), group: groupId });
    }
    return made;
  });
}

function mbrMember(sectors: number): Disk {
  const made = disk(new Uint8Array(sectors * 512));
  writeMbr(made, 0, [{ type: 0x42, start: 63, count: sectors - databaseSectors - 63 }]);
  return made;
}

const metadataType = [0xaa, 0xc8, 0x08, 0x58, 0x8f, 0x7e, 0xe0, 0x42, 0x85, 0xd2, 0xe1, 0xe9, 0x04, 0x34, 0xcf, 0xb3];
const dataType = [0xa0, 0x60, 0x9b, 0xaf, 0x31, 0x14, 0x62, 0x4f, 0xbc, 0x68, 0x33, 0x11, 0x71, 0x4a, 0x69, 0xad];

function gptMember(sectors: number): Disk {
  const made = gptDisk(sectors, [
    { first: 64, last: 63 + databaseSectors },
    { first: 64 + databaseSectors, last: sectors - 64 },
  ]);
  for (const array of [2, sectors - 1 - 32]) {
    made.bytes.set(metadataType, array * 512);
    made.bytes.set(dataType, array * 512 + 128);
  }
  for (const header of [1, sectors - 1]) seal(made, header, 512);
  return made;
}

interface Row {
  readonly type: number;
  readonly flags: number;
  readonly body: readonly number[];
}

const ascii = (text: string): readonly number[] => [...new TextEncoder().encode(text)];
const text = (value: string): readonly number[] => [value.length, ...ascii(value)];
const zeros = (length: number): readonly number[] => Array.from({ length }, () => 0);
const guid = (value: string): readonly number[] => [...Buffer.from(value.replaceAll('-', ''), 'hex')];

function big(value: number, length: number): readonly number[] {
  return Array.from({ length }, (_, i) => Math.floor(value / 256 ** (length - 1 - i)) % 256);
}

function number(value: number): readonly number[] {
  const length = Math.max(1, Math.ceil(value.toString(16).length / 2));
  return [length, ...big(value, length)];
}

/** The records of a group: itself, its disks, then each volume with its components and their parts. */
function recordsOf({ disks, volumes }: GroupPlan): readonly Row[] {
  let key = 1;
  const rows: Row[] = [
    { type: 0x35, flags: 0, body: [...number(key++), ...text('SERVER-Dg0'), ...text(groupId), ...zeros(12)] },
  ];
  const diskKeys = Array.from({ length: disks }, (_, i) => {
    const body = [
      ...number(key),
      ...text(`Disk${i + 1}`),
      ...text(diskId(i)),
      ...text(''),
      ...zeros(4),
      ...big(i + 2, 8),
    ];
    rows.push({ type: 0x34, flags: 0, body });
    return key++;
  });
  const used = diskKeys.map(() => 0);
  const partsOn = diskKeys.map(() => 0);
  for (const [index, { kind, parts, hint }] of volumes.entries()) {
    const volumeKey = key++;
    const name = `Volume${index + 1}`;
    const isColumns = kind === 'striped' || kind === 'raid5';
    const components = kind === 'mirrored' ? parts.map((part) => [part]) : [parts];
    for (const [which, own] of components.entries()) {
      const componentKey = key++;
      rows.push({
        type: 0x32,
        flags: isColumns ? 0x10 : 0,
        body: [
          ...number(componentKey),
          ...text(`${name}-0${which + 1}`),
          ...text('ACTIVE'),
          kind === 'striped' ? 1 : kind === 'raid5' ? 3 : 2,
          ...zeros(4),
          ...number(own.length),
          ...zeros(16),
          ...number(volumeKey),
          0,
          ...(isColumns ? [...number(128), ...number(own.length)] : []),
        ],
      });
      let offset = 0;
      for (const [column, part] of own.entries()) {
        const start = used[part.disk] ?? 0;
        used[part.disk] = start + part.sectors;
        const count = (partsOn[part.disk] ?? 0) + 1;
        partsOn[part.disk] = count;
        rows.push({
          type: 0x33,
          flags: isColumns && column > 0 ? 8 : 0,
          body: [
            ...number(key++),
            ...text(`Disk${part.disk + 1}-${`${count}`.padStart(2, '0')}`),
            ...zeros(12),
            ...big(start, 8),
            ...big(isColumns ? 0 : offset, 8),
            ...number(part.sectors),
            ...number(componentKey),
            ...number(diskKeys[part.disk] ?? 0),
            ...(isColumns && column > 0 ? number(column) : []),
          ],
        });
        offset += part.sectors;
      }
    }
    rows.push({
      type: 0x51,
      flags: hint === undefined ? 0 : 2,
      body: [
        ...number(volumeKey),
        ...text(name),
        ...text(kind === 'raid5' ? 'raid5' : 'gen'),
        ...text(''),
        ...ascii('ACTIVE'.padEnd(14, '\0')),
        kind === 'raid5' ? 4 : 3,
        0,
        index + 1,
        ...zeros(3),
        0x11,
        ...number(components.length),
        ...big(1, 8),
        ...zeros(8),
        ...number(volumeSize({ kind, parts })),
        ...zeros(4),
        7,
        ...guid(volumeId(index)),
        ...(hint === undefined ? [] : text(hint)),
      ],
    });
  }
  return rows;
}

/** Sectors. */
export function volumeSize({ kind, parts }: VolumePlan): number {
  const [first] = parts;
  const one = first?.sectors ?? 0;
  if (kind === 'mirrored') return one;
  if (kind === 'raid5') return one * (parts.length - 1);
  return parts.reduce((sum, { sectors }) => sum + sectors, 0);
}

function writeDatabase({ bytes, view }: Disk, start: number, rows: readonly Row[], plan: GroupPlan): void {
  const put = (at: number, from: readonly number[]): void => bytes.set(from, start + at);
  for (const sector of contents) {
    const at = sector * 512;
    put(at, ascii('TOCBLOCK'));
    put(at + 12, big(5, 8));
    for (const [i, [name, area]] of (
      [
        ['config', config],
        ['log', log],
      ] as const
    ).entries()) {
      const entry = at + 36 + 34 * i;
      put(entry, ascii(name));
      put(entry + 10, [...big(area.start, 8), ...big(area.sectors, 8), 0, 6, ...zeros(6)]);
    }
    sealDynamicHeader({ bytes, view }, start + at);
  }
  const base = config.start * 512;
  put(base, [
    ...ascii('VMDB'),
    ...big(5924, 4),
    ...big(blockSize, 4),
    ...big(512, 4),
    ...big(1, 2),
    ...big(4, 2),
    ...big(10, 2),
  ]);
  put(base + 22, ascii('SERVER-Dg0'));
  put(base + 53, ascii(groupId));
  put(base + 117, [...big(2, 8), ...big(2, 8)]);
  const count = (type: number): number => rows.filter((row) => row.type === type).length;
  put(
    base + 133,
    [0x51, 0x32, 0x33].flatMap((type) => [...big(count(type), 4)]),
  );
  put(base + 145, big(plan.disks, 4));
  let at = base + 512;
  for (const [number, { type, flags, body }] of rows.entries()) {
    const data = [0, 0, flags, type, ...big(body.length, 4), ...body];
    const pieces = Math.ceil(data.length / pieceSize);
    for (let piece = 0; piece < pieces; piece += 1, at += blockSize) {
      put(at, [...ascii('VBLK'), ...big(number + 4, 4), ...big(number + 4, 4), ...big(piece, 2), ...big(pieces, 2)]);
      put(at + 16, data.slice(piece * pieceSize, (piece + 1) * pieceSize));
    }
  }
  for (let free = rows.length + 4; at + blockSize <= base + config.sectors * 512; at += blockSize, free += 1)
    put(at, [...ascii('VBLK'), ...big(free, 4), ...zeros(8)]);
}
