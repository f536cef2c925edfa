import { ByteView, FormatError } from '@sysimage/bytes';
import { utf16Field } from '../text.js';
import { pieceSize, type Volume } from '../volume.js';
import type { ExfatGeometry } from './boot-sector.js';
import { clusterOffset, followChain, type ClusterRun } from './cluster-chain.js';

const entrySize = 32;
const charactersPerEntry = 15;
const directoryAttribute = 0x10;
const types = { file: 0x85, stream: 0xc0, name: 0xc1 } as const;
/** A directory in more pieces than this is no directory of anybody's. */
const maxDirectoryClusters = 64 * 1024;

/** A file or directory, and where its bytes are. */
export interface ExfatNode {
  readonly kind: 'file' | 'directory';
  readonly cluster: number;
  readonly size: number;
  /** Bytes ever written; zeros follow. */
  readonly written: number;
  /** One cluster after the other: the FAT says nothing about it. */
  readonly isContiguous: boolean;
}

/** The clusters of a file, joined to runs. */
export async function runsOf(volume: Volume, geometry: ExfatGeometry, node: ExfatNode): Promise<readonly ClusterRun[]> {
  const { cluster, size, isContiguous, kind } = node;
  if (cluster === 0 && size === 0) return [];
  const clusters = Math.ceil(size / geometry.clusterSize);
  if (kind === 'directory' && clusters > maxDirectoryClusters) {
    throw new FormatError('unsupported', `exFAT: a directory of ${size} bytes`);
  }
  if (isContiguous) return [{ first: cluster, end: cluster + clusters }];
  return followChain(volume, geometry, cluster, kind === 'directory' ? maxDirectoryClusters : clusters);
}

/** All entries of 32 bytes of a directory, up to the end mark. */
export async function* rawEntries(
  volume: Volume,
  geometry: ExfatGeometry,
  directory: ExfatNode,
): AsyncGenerator<ByteView> {
  for (const run of await runsOf(volume, geometry, directory)) {
    const start = clusterOffset(geometry, run.first);
    const end = clusterOffset(geometry, run.end - 1) + geometry.clusterSize;
    for (let offset = start; offset < end; offset += pieceSize) {
      const bytes = await volume.read(offset, Math.min(pieceSize, end - offset));
      const view = new ByteView(bytes, 'exFAT directory', offset);
      for (let at = 0; at < view.length; at += entrySize) {
        if (view.u8(at) === 0) return;
        yield view.view(at, entrySize);
      }
    }
  }
}

/** The files and directories that a directory names: sets of a file, a stream and some name entries (section 7.4 to 7.7). */
export async function* namedNodes(
  volume: Volume,
  geometry: ExfatGeometry,
  directory: ExfatNode,
): AsyncGenerator<{ readonly name: string; readonly node: ExfatNode }> {
  let isDirectory: boolean | undefined;
  let stream: { readonly node: ExfatNode; readonly length: number } | undefined;
  let name = '';
  for await (const entry of rawEntries(volume, geometry, directory)) {
    const type = entry.u8(0);
    if (type === types.file) {
      [isDirectory, stream, name] = [(entry.u16le(4) & directoryAttribute) !== 0, undefined, ''];
    } else if (type === types.stream && isDirectory !== undefined) {
      stream = { node: nodeOf(entry, isDirectory), length: entry.u8(3) };
    } else if (type === types.name && stream !== undefined) {
      name += utf16Field(entry, 2, Math.min(charactersPerEntry, stream.length - name.length));
      if (name.length < stream.length) continue;
      yield { name, node: stream.node };
      [isDirectory, stream] = [undefined, undefined];
    }
  }
}

function nodeOf(stream: ByteView, isDirectory: boolean): ExfatNode {
  return {
    kind: isDirectory ? 'directory' : 'file',
    cluster: stream.u32le(20),
    size: stream.u64le(24),
    written: stream.u64le(8),
    isContiguous: (stream.u8(1) & 2) !== 0,
  };
}

/** The root directory has no entry that says where it ends: its chain does. */
export function rootNode({ rootCluster }: ExfatGeometry): ExfatNode {
  return { kind: 'directory', cluster: rootCluster, size: 0, written: 0, isContiguous: false };
}
