import { objectName } from '../src/contract/names.js';
import { computerNames } from '../src/image/names.js';
import { encodeStamped } from '../src/image/stamped-json.js';
import type { DiskLayout } from '../src/model/disk-layout.js';
import type { DiskRecord, LayerEntry, RunMark, VersionRecord } from '../src/model/version-record.js';
import { hasher } from './hasher.js';
import { MemoryFile } from './memory-file.js';

export const names = computerNames('pc');
export const key = 'gpt-1';
const digest = '0'.repeat(64);

/** Id of the version that began `minute` minutes into the hour. */
export function versionId(minute: number, tail = 'aaaa'): string {
  return `20260101t00${String(minute).padStart(2, '0')}00000z-${tail}`;
}

export const emptyLayout: DiskLayout = {
  size: 8 * 1024 * 1024,
  sectorSize: 512,
  scheme: 'gpt',
  id: 'AA',
  partitions: [],
  volumes: [],
  problems: [],
};

export function layerEntry(base: string, run: string): LayerEntry {
  return { name: names.layer(key, base, run), size: 1, digest, base, run };
}

export function diskRecord(run: string, extra: Partial<DiskRecord> = {}): DiskRecord {
  return {
    index: 0,
    key,
    path: '/dev/test',
    layout: emptyLayout,
    image: { name: names.firstImage(key, 'vhd'), kind: 'in-place', format: 'vhd', size: 1, headerDigest: digest },
    allocation: { name: names.allocation(key, run), size: 1, digest },
    shards: [{ name: names.shard(key, run, 0), size: 1, digest, shard: 0 }],
    layers: [],
    allocatedBytes: 0,
    changedBytes: 0,
    displacedBytes: 0,
    unreadable: [],
    ...extra,
  };
}

export function versionRecord(id: string, extra: Partial<VersionRecord> = {}): VersionRecord {
  return {
    format: 'sysimage-version/1',
    id,
    computer: 'PC',
    createdAt: '2026-01-01T00:00:00.000Z',
    finishedAt: '2026-01-01T00:00:00.000Z',
    tool: 'test',
    consistency: 'clean',
    grainSize: 65_536,
    disks: [diskRecord(id)],
    findings: [],
    ...extra,
  };
}

export function runMark(run: string, disks: RunMark['disks']): RunMark {
  return { format: 'sysimage-run/1', run, startedAt: '2026-01-01T00:00:00.000Z', disks };
}

/** Objects of a target: records stamped, everything else one byte. */
export function objectsOf(
  records: Readonly<Record<string, object>>,
  others: readonly string[] = [],
): Map<string, MemoryFile> {
  return new Map([
    ...Object.entries(records).map(([name, value]): [string, MemoryFile] => [
      objectName(name),
      MemoryFile.of(encodeStamped(value, hasher)),
    ]),
    ...others.map((name): [string, MemoryFile] => [objectName(name), MemoryFile.of(Uint8Array.of(1))]),
  ]);
}
