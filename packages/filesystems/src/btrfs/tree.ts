import { ByteView } from '@sysimage/bytes';
import { crc32c } from '../crc32c.js';
import { hexField } from '../text.js';
import type { Volume } from '../volume.js';
import type { ChunkMap } from './chunks.js';
import type { BtrfsSuperblock, TreeRoot } from './superblock.js';

/** What items of trees are found by. Compared field by field; ids beyond the safe integers (of special trees) stay exact. */
export interface Key {
  readonly objectId: bigint;
  readonly type: number;
  readonly offset: bigint;
}

export interface Item {
  readonly key: Key;
  readonly value: ByteView;
}

/** A volume whose trees can be read. */
export interface TreeReader {
  readonly volume: Volume;
  readonly superblock: BtrfsSuperblock;
  readonly chunks: ChunkMap;
}

const headerSize = 101;
const itemSize = 25;
const pointerSize = 33;
const maxLevel = 7;

/**
 * All items of a tree in ascending order. Throws `FormatError` for a block that is not where, of the age, or with the keys that
 * its parent says; so no block is read twice, whatever a hostile volume says.
 */
export async function* itemsOf(reader: TreeReader, root: TreeRoot): AsyncGenerator<Item> {
  if (root.level > maxLevel) throw reader.superblock.view.corrupt(`tree of ${root.level} levels`);
  let last: Key | undefined;
  for await (const item of itemsBelow(reader, root, undefined)) {
    if (last !== undefined && compare(last, item.key) >= 0) throw item.value.corrupt('items out of order');
    last = item.key;
    yield item;
  }
}

async function* itemsBelow(reader: TreeReader, place: TreeRoot, firstKey: Key | undefined): AsyncGenerator<Item> {
  const node = await readNode(reader, place);
  const count = node.u32le(96);
  if (count === 0 && firstKey !== undefined) throw node.corrupt('is empty');
  let last: Key | undefined;
  for (let i = 0; i < count; i += 1) {
    const at = headerSize + i * (place.level === 0 ? itemSize : pointerSize);
    const key = keyAt(node, at);
    const isRight =
      last === undefined ? firstKey === undefined || compare(key, firstKey) === 0 : compare(last, key) < 0;
    if (!isRight) throw node.corrupt('keys out of order', at);
    last = key;
    if (place.level === 0) yield { key, value: node.view(headerSize + node.u32le(at + 17), node.u32le(at + 21)) };
    else {
      const child = { address: node.u64le(at + 17), generation: node.u64le(at + 25), level: place.level - 1 };
      yield* itemsBelow(reader, child, key);
    }
  }
}

async function readNode({ volume, superblock, chunks }: TreeReader, place: TreeRoot): Promise<ByteView> {
  const { nodeSize, metadataId } = superblock;
  const offset = chunks.locate(place.address, nodeSize);
  const node = new ByteView(await volume.read(offset, nodeSize), 'Btrfs tree block', offset);
  if (node.u32le(0) !== crc32c(node.slice(32, nodeSize - 32))) throw node.corrupt('has another checksum');
  const isRight =
    node.u64le(48) === place.address &&
    node.u64le(80) === place.generation &&
    node.u8(100) === place.level &&
    hexField(node.slice(32, 16)) === metadataId;
  if (!isRight) throw node.corrupt('is not the one its parent points to');
  return node;
}

function keyAt(node: ByteView, at: number): Key {
  return { objectId: node.bits64le(at), type: node.u8(at + 8), offset: node.bits64le(at + 9) };
}

function compare(a: Key, b: Key): number {
  if (a.objectId !== b.objectId) return a.objectId < b.objectId ? -1 : 1;
  if (a.type !== b.type) return a.type - b.type;
  return a.offset === b.offset ? 0 : a.offset < b.offset ? -1 : 1;
}
