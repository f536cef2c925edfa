// Restores any version of a disk from a folder without sysimage, in as few lines as it takes. Every grain must have its digest;
// of all else that is damaged it says little: reference-reader.mjs, beside it, says what. "→" names the page.
//
//   npm install @napi-rs/blake-hash
//   node short-reader.mjs FOLDER COMPUTER VERSION DISK OUTPUT
import { blake3 } from '@napi-rs/blake-hash';
import {
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

const [folder, computer, versionId, diskIndex, output] = process.argv.slice(2);
const grainSize = 65_536;
const grainsPerShard = 16_384;
const digest = (bytes) => Buffer.from(blake3(bytes)).toString('hex');
const u64 = (bytes, at) => Number(bytes.readBigUInt64LE(at));
const text = (bytes, at, length) => bytes.toString('latin1', at, at + length).replace(/\0+$/, '');

/** What is cut off reads as zeros: the digests tell. */
function open(name) {
  const file = openSync(join(folder, name));
  const read = (at, length) => {
    const bytes = Buffer.alloc(length);
    readSync(file, bytes, 0, length, at);
    return bytes;
  };
  return { read, size: fstatSync(file).size };
}

// → records: 64 hex digits at byte 15 are the digest of the file with zeros in their place.
function readRecord(path) {
  const bytes = readFileSync(path);
  const stamp = text(bytes, 15, 64);
  return digest(bytes.fill('0', 15, 79)) === stamp ? [JSON.parse(bytes.toString())] : [];
}

function recordsIn(kind) {
  const path = join(folder, 'sysimage', computer, kind);
  const files = existsSync(path) ? readdirSync(path).toSorted() : [];
  return files.flatMap((file) => readRecord(join(path, file)));
}

// → README, "The layers of a version": those of the newest record, and what the folder has on top of it.
function layersOf(versions, version, disk) {
  const holds = (record) => record.disks.find(({ image }) => image.name === disk.image.name);
  const newest = versions.findLast(holds);
  const chain = compact(holds(newest).layers, disk.image.name).map((layer) => ({ ...layer, listed: true }));
  const path = `sysimage/${computer}/disk-${disk.key}/layers`;
  const bases = new Set([newest.id]);
  for (const file of existsSync(join(folder, path)) ? readdirSync(join(folder, path)).toSorted() : []) {
    const [, base, run] = /^(\w+-\w+)-(\w+-\w+)(-\w+)?\.layer$/.exec(file) ?? [];
    const name = `${path}/${file}`;
    if (!bases.has(base) || chain.some((layer) => layer.name === name)) continue;
    bases.add(run);
    chain.push({ name, base, listed: false });
  }
  return chain.filter(({ base }) => base >= version.id).flatMap(openLayer);
}

// → records: a merged layer that is there, instead of those that it was made from; the one that reaches furthest counts.
function compact(layers, name) {
  const isOver = ({ image, layer }) => image === name && existsSync(join(folder, layer.name));
  const merged = recordsIn('compactions').filter(isOver);
  const chain = [];
  for (let i = 0; i < layers.length; i += 1) {
    const endOf = ({ layer }) => layers.findIndex(({ run }) => run === layer.run);
    const over = merged.filter(({ layer }) => layers[i].base === layer.base).toSorted((a, b) => endOf(b) - endOf(a))[0];
    chain.push(over && endOf(over) > i ? over.layer : layers[i]);
    if (over) i = Math.max(i, endOf(over));
  }
  return chain;
}

// → layer: by its index when it was sealed, otherwise batch by batch.
function openLayer({ name, listed }) {
  const file = open(name);
  if (file.size < 4096) return [];
  const places = new Map();
  const batches = readBatches(file);
  const mark = file.read(file.size - 64, 64);
  const index = text(mark, 0, 8) === 'SYSIMGE1' ? file.read(u64(mark, 8), u64(mark, 16)) : Buffer.alloc(0);
  const sealed = digest(index) === mark.toString('hex', 32);
  if (sealed) for (let i = 48; i < index.length; i += 16) places.set(index.readUInt32LE(i), u64(index, i + 8));
  else for (const { kind, position, at } of batches.flat()) if (kind !== 2) places.set(position, kind === 1 ? 0 : at);
  const header = batches[0]?.find(({ kind, position }) => kind === 2 && position === 0);
  return [{ file, places, sealed, headerBefore: !listed && header && file.read(header.at, header.length) }];
}

function readBatches(file) {
  const batches = [];
  for (let at = 4096; at + 96 <= file.size;) {
    const count = file.read(at, 96).readUInt32LE(12);
    const table = file.read(at, Math.min(96 + count * 48, file.size - at));
    const stamp = table.toString('hex', 64, 96);
    if (text(table, 0, 8) !== 'SYSIMGB1' || digest(table.fill(0, 64, 96)) !== stamp) break;
    let place = u64(table, 16);
    const end = place + u64(table, 24);
    const entries = [];
    for (let i = 96; i < table.length; i += 48) {
      entries.push({
        kind: table.readUInt32LE(i),
        position: u64(table, i + 8),
        at: place,
        length: table.readUInt32LE(i + 4),
      });
      place += table.readUInt32LE(i + 4);
    }
    if (end > file.size) break;
    batches.push(entries);
    at = Math.ceil(end / 4096) * 4096;
  }
  return batches;
}

// → image, vhdx: where the payload of a block of the disk lies in the file.
function blocksOf({ image, layout }, read) {
  if (image.format === 'vhdx') {
    let blockSize = 2 ** 21;
    while (blockSize * 2 ** 21 < layout.size) blockSize *= 2;
    const ratio = (2 ** 23 * layout.sectorSize) / blockSize;
    const entry = (block) => read(3 * 2 ** 20 + (block + Math.floor(block / ratio)) * 8, 8);
    const offsetOf = (block) => (entry(block)[0] & 7) === 6 && Math.floor(u64(entry(block), 0) / 2 ** 20) * 2 ** 20;
    return { blockSize, offsetOf };
  }
  const table = Number(read(Number(read(0, 512).readBigUInt64BE(16)), 1024).readBigUInt64BE(16));
  const sector = (block) => read(table + block * 4, 4).readUInt32BE(0);
  return { blockSize: 2 ** 21, offsetOf: (block) => sector(block) !== 0xffff_ffff && sector(block) * 512 + 512 };
}

// → map: the grains of the version that are not zeros, with their digests.
function* dataGrains({ name, size, shard, digest: wanted }) {
  const bytes = open(name).read(0, size);
  if (digest(bytes) !== wanted) throw new Error(`${name} is damaged`);
  const [owners, runs] = [bytes.readUInt32LE(16), bytes.readUInt32LE(20)];
  let stored = 64 + owners * 32 + runs * 12;
  for (let at = 64 + owners * 32; at < 64 + owners * 32 + runs * 12; at += 12) {
    const [start, length] = [bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4)];
    if (bytes.readUInt16LE(at + 8) !== 2) continue;
    const isLive = bytes.readUInt16LE(at + 10) === 0;
    for (let grain = start; grain < start + length; grain += 1, stored += 32)
      if (isLive) yield { grain: shard * grainsPerShard + grain, wanted: bytes.toString('hex', stored, stored + 32) };
  }
}

/** What lies where a grain may be: in the layers that have it, up to the first sealed one, and behind them in the image. */
function* placesOf(layers, image, grain, offset) {
  for (const { file, places, sealed } of layers) {
    if (places.get(grain)) yield file.read(places.get(grain), grainSize);
    if (places.get(grain) && sealed) return;
  }
  if (offset !== undefined) yield image.read(offset, grainSize);
}

// → README, "Reading": every grain from the first place whose bytes have its digest.
const versions = recordsIn('versions');
const version = versions.find(({ id }) => id === versionId);
const disk = version.disks.find(({ index }) => index === Number(diskIndex));
const layers = layersOf(versions, version, disk);
const image = open(disk.image.name);
const header = layers.findLast(({ headerBefore }) => headerBefore)?.headerBefore;
const { blockSize, offsetOf } = blocksOf(disk, header ? (at, length) => header.subarray(at, at + length) : image.read);
const file = openSync(output, 'wx');
for (const { grain, wanted } of disk.shards.flatMap((shard) => [...dataGrains(shard)])) {
  const block = offsetOf(Math.floor((grain * grainSize) / blockSize));
  const offset = block ? block + ((grain * grainSize) % blockSize) : undefined;
  const bytes = [...placesOf(layers, image, grain, offset)].find((found) => digest(found) === wanted);
  if (bytes === undefined) throw new Error(`grain ${grain} is damaged`);
  writeSync(file, bytes, 0, Math.min(grainSize, disk.layout.size - grain * grainSize), grain * grainSize);
}
ftruncateSync(file, disk.layout.size);
