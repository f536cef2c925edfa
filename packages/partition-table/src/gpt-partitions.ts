import { ByteView } from '@sysimage/bytes';
import type { GptCopy } from './gpt-header.js';
import { readGuid, unusedGuid } from './guid.js';
import type { TableProblem } from './partition-table.js';
import { partitionTypeName } from './partition-type-name.js';
import type { Partition } from './partition.js';

const nameLength = 36;

/** The entries in use, and what is wrong with those that make no sense (UEFI specification 5.3.3). */
export function gptPartitions(
  copy: GptCopy,
  sectorSize: number,
): { readonly partitions: readonly Partition[]; readonly problems: readonly TableProblem[] } {
  const partitions: Partition[] = [];
  const problems: TableProblem[] = [];
  const base = copy.arraySector * sectorSize;
  for (let i = 0; i < copy.entryCount; i += 1) {
    const offset = i * copy.entrySize;
    const entry = new ByteView(copy.array.subarray(offset, offset + copy.entrySize), 'GPT entry', base + offset);
    const type = readGuid(entry, 0);
    if (type === unusedGuid) continue;
    const index = i + 1;
    const first = entry.bits64le(32);
    const last = entry.bits64le(40);
    const end = Number(last + 1n) * sectorSize;
    if (first > last || !Number.isSafeInteger(end)) {
      const message = `partition ${index} goes from sector ${first} to ${last}; it is left out`;
      problems.push({ code: 'partition-invalid', message, offset: base + offset });
      continue;
    }
    const start = Number(first) * sectorSize;
    const partition: Partition = {
      index,
      start,
      size: end - start,
      type,
      typeName: partitionTypeName(type),
      id: readGuid(entry, 16),
      name: readName(entry),
      active: false,
      attributes: entry.bits64le(48).toString(16).padStart(16, '0'),
      kind: 'primary',
    };
    partitions.push(partition);
    if (Number(first) < copy.firstUsableSector || Number(last) > copy.lastUsableSector) {
      const message = `partition ${index} lies outside sectors ${copy.firstUsableSector} to ${copy.lastUsableSector}`;
      problems.push({ code: 'partition-outside-usable', message, offset: base + offset });
    }
  }
  return { partitions, problems };
}

function readName(entry: ByteView): string | undefined {
  const units: number[] = [];
  for (let i = 0; i < nameLength; i += 1) {
    const unit = entry.u16le(56 + i * 2);
    if (unit === 0) break;
    units.push(unit);
  }
  return units.length === 0 ? undefined : String.fromCharCode(...units);
}
