// Reads what sysimage wrote into a folder, without sysimage. Written from the pages beside it; "→" names the page.
//
//   npm install @napi-rs/blake-hash
//   node reference-reader.mjs FOLDER                               lists computers and versions
//   node reference-reader.mjs FOLDER COMPUTER VERSION DISK OUTPUT  writes disk DISK (0, 1, …) of a version to a new file
// Nobody may write to the folder meanwhile. It writes nothing there itself.
import { blake3 } from '@napi-rs/blake-hash';
import { existsSync, fstatSync, ftruncateSync, openSync, statSync } from 'node:fs';
import { readdirSync, readFileSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const grainSize = 65_536;
const grainsPerShard = 16_384;
const digest = (bytes) => Buffer.from(blake3(bytes)).toString('hex');
const recordName = /^(\d{8}t\d{9}z-[0-9a-z]{4})\.json$/;
const layerName = /^(\d{8}t\d{9}z-[0-9a-z]{4})-(\d{8}t\d{9}z-[0-9a-z]{4})(-[0-9a-z]{4})?\.layer$/;
const u64 = (bytes, at) => Number(bytes.readBigUInt64LE(at));
const ascii = (bytes, at, length) => bytes.toString('latin1', at, at + length).replace(/\0+$/, '');
const filesIn = (folder) => (existsSync(folder) ? readdirSync(folder).toSorted() : []);

function need(condition, what) {
  if (!condition) throw new Error(what);
}

// → README: names are checked before they become paths.
function pathOf(folder, name) {
  const segments = typeof name === 'string' ? name.split('/') : [''];
  const isName = segments.every((segment) => /^[a-z0-9][a-z0-9._-]{0,63}$/.test(segment));
  need(isName, `${name} is not an object name`);
  return join(folder, ...segments);
}

/** An open file; what is cut off is an error. */
function open(path) {
  const file = openSync(path);
  const read = (at, length) => {
    const bytes = Buffer.alloc(length);
    need(at + length <= fstatSync(file).size && readSync(file, bytes, 0, length, at) === length, `${path} is cut`);
    return bytes;
  };
  return { read, size: fstatSync(file).size };
}

// → records: 64 hex digits at byte 15 are the digest of the file with zeros in their place.
function readRecord(path, format) {
  const bytes = readFileSync(path);
  const stamp = bytes.toString('latin1', 15, 79);
  const isStamped = bytes.toString('latin1', 0, 15) === '{\n  "digest": "' && /^[0-9a-f]{64}$/.test(stamp);
  need(isStamped && digest(bytes.fill('0', 15, 79)) === stamp, `${path} is damaged`);
  const value = JSON.parse(bytes.toString('utf8'));
  need(value.format === format, `${path} has an unknown format`);
  return value;
}

// → README, "What exists": the records that can be read, and the ids of those that cannot.
export function readCatalog(folder, computer) {
  const at = join(folder, 'sysimage', computer);
  const { records: versions, lost } = readRecords(join(at, 'versions'), 'sysimage-version/1');
  return { versions, lost, compactions: readRecords(join(at, 'compactions'), 'sysimage-compaction/1').records };
}

function readRecords(path, format) {
  const [records, lost] = [[], []];
  for (const known of filesIn(path).flatMap((file) => recordName.exec(file)?.[1] ?? [])) {
    try {
      const record = readRecord(join(path, `${known}.json`), format);
      need(record.id === known && (record.grainSize ?? grainSize) === grainSize, 'not a record that belongs here');
      records.push(record);
    } catch {
      lost.push(known);
    }
  }
  return { records, lost };
}

// → README, "The layers of a version": those of the newest record, and what the folder has on top of it.
function findLayers(folder, computer, { versions, compactions }, version, disk) {
  if (disk.image.kind !== 'in-place') return [];
  const holds = (record) => record.disks.find(({ image }) => image.name === disk.image.name);
  const newest = versions.findLast(holds);
  const isThere = ({ name, size }) => existsSync(pathOf(folder, name)) && statSync(pathOf(folder, name)).size >= size;
  const merged = compactions.filter(({ image, layer }) => image === disk.image.name && isThere(layer));
  const chain = compact(holds(newest).layers, merged).map((layer) => ({ ...layer, listed: true }));
  const at = `sysimage/${computer}/disk-${disk.key}/layers`;
  const bases = new Set([newest.id]);
  for (const file of filesIn(pathOf(folder, at))) {
    const [, base, run] = layerName.exec(file) ?? [];
    const name = `${at}/${file}`;
    if (!bases.has(base) || chain.some((layer) => layer.name === name)) continue;
    bases.add(run);
    chain.push({ name, base, listed: false });
  }
  return chain.filter(({ base }) => base >= version.id);
}

// → records: a merged layer instead of those that it was made from; the one that reaches furthest counts.
function compact([first, ...rest], merged) {
  if (first === undefined) return [];
  const over = merged.filter(({ layer }) => layer.base === first.base);
  const ends = over.map(({ layer }) => rest.findIndex(({ run }) => run === layer.run));
  const end = Math.max(-1, ...ends);
  return [end < 0 ? first : over[ends.indexOf(end)].layer, ...compact(rest.slice(end + 1), merged)];
}

// → layer: by its index when it was sealed, otherwise batch by batch.
function openLayer(folder, { name, listed }) {
  const file = open(pathOf(folder, name));
  const head = file.size < 4096 ? undefined : file.read(0, 4096);
  if (!(head && ascii(head, 0, 8) === 'SYSIMGL1' && digest(head.subarray(0, 4064)) === head.toString('hex', 4064))) {
    need(!listed, `${name} is damaged`);
    return [];
  }
  need(head.readUInt32LE(8) === grainSize, `${name} has grains of another size`);
  const run = ascii(head, 64, 32);
  const places = new Map();
  const batches = readBatches(file, run);
  const mark = file.size < 4160 ? Buffer.alloc(64) : file.read(file.size - 64, 64);
  const [at, length] = [u64(mark, 8), u64(mark, 16)];
  const isMark = ascii(mark, 0, 8) === 'SYSIMGE1' && at + length <= file.size - 64;
  const index = isMark ? file.read(at, length) : Buffer.alloc(0);
  const sealed = isMark && digest(index) === mark.toString('hex', 32);
  if (sealed) {
    need(ascii(index, 0, 8) === 'SYSIMGX1' && ascii(index, 16, 32) === run, `the index of ${name} is another one`);
    need(length === 48 + index.readUInt32LE(8) * 16, `the index of ${name} has a wrong length`);
    for (let i = 48, last = -1; i < length; last = index.readUInt32LE(i), i += 16) {
      need(index.readUInt32LE(i) > last, `the index of ${name} is not sorted`);
      places.set(index.readUInt32LE(i), u64(index, i + 8));
    }
  } else {
    const grains = batches.flat().filter(({ kind }) => kind !== 2);
    for (const { kind, position, at: place } of grains) places.set(position, kind === 1 ? 0 : place);
  }
  // The header region of the image as it was before the run.
  const saved = batches[0]?.find(({ kind, position }) => kind === 2 && position === 0);
  const region = saved && file.read(saved.at, saved.length);
  const before = region && digest(region) === saved.digest ? region : undefined;
  return [{ file, places, sealed, before, listed }];
}

function readBatches(file, run) {
  const batches = [];
  for (let at = 4096; at + 96 <= file.size;) {
    const count = file.read(at, 96).readUInt32LE(12);
    const size = 96 + count * 48;
    if (count > 65_536 || at + size > file.size) break;
    const table = file.read(at, size);
    const stamp = table.toString('hex', 64, 96);
    const isNext = ascii(table, 0, 8) === 'SYSIMGB1' && table.readUInt32LE(8) === batches.length;
    if (!isNext || ascii(table, 32, 32) !== run || digest(table.fill(0, 64, 96)) !== stamp) break;
    let place = u64(table, 16);
    const end = place + u64(table, 24);
    const entries = [];
    for (let i = 96; i < size; i += 48) {
      const [kind, length, position] = [table.readUInt32LE(i), table.readUInt32LE(i + 4), u64(table, i + 8)];
      entries.push({ kind, length, position, at: place, digest: table.toString('hex', i + 16, i + 48) });
      place += length;
    }
    if (place > file.size || end <= at || entries.some(({ kind }) => kind > 2)) break;
    batches.push(entries);
    at = Math.ceil(end / 4096) * 4096;
  }
  return batches;
}

// → image, vhdx: where the payload of a block of the disk lies in the file.
function openTable({ image, layout }, read) {
  if (image.format === 'vhdx') {
    let blockSize = 2 ** 21;
    while (blockSize * 2 ** 21 < layout.size) blockSize *= 2;
    const ratio = (2 ** 23 * layout.sectorSize) / blockSize;
    const offsetOf = (block) => {
      const entry = read(3 * 2 ** 20 + (block + Math.floor(block / ratio)) * 8, 8);
      return (entry[0] & 7) === 6 ? Math.floor(u64(entry, 0) / 2 ** 20) * 2 ** 20 : undefined;
    };
    need(ascii(read(0, 8), 0, 8) === 'vhdxfile', `${image.name} is not a VHDX`);
    return { blockSize, offsetOf };
  }
  const footer = read(0, 512);
  need(ascii(footer, 0, 8) === 'conectix' && footer.readUInt32BE(60) === 3, `${image.name} is not a dynamic VHD`);
  need(footer.readUInt16BE(12) === 1, `${image.name} has an unknown version`);
  need(Number(footer.readBigUInt64BE(48)) === layout.size, `${image.name} is the image of a disk of another size`);
  const header = read(Number(footer.readBigUInt64BE(16)), 1024);
  need(ascii(header, 0, 8) === 'cxsparse' && header.readUInt32BE(32) === 2 ** 21, `${image.name} has other blocks`);
  const offsetOf = (block) => {
    const sector = read(Number(header.readBigUInt64BE(16)) + block * 4, 4).readUInt32BE(0);
    return sector === 0xffff_ffff ? undefined : sector * 512 + 512;
  };
  return { blockSize: 2 ** 21, offsetOf };
}

// → map: the grains of the version that are not zeros, with their digests; and all that are part of it.
function readShard(folder, entry, diskSize) {
  const bytes = readStored(folder, entry);
  const grains = Math.min(grainsPerShard, Math.ceil(diskSize / grainSize) - entry.shard * grainsPerShard);
  need(ascii(bytes, 0, 8) === 'SYSIMGM1' && bytes.readUInt32LE(8) === entry.shard, `${entry.name} is not this map`);
  const [count, owners, runs] = [bytes.readUInt32LE(12), bytes.readUInt32LE(16), bytes.readUInt32LE(20)];
  let stored = 64 + owners * 32 + runs * 12;
  const live = new Map();
  for (let i = 0, next = 0; i < runs; i += 1) {
    const at = 64 + owners * 32 + i * 12;
    const [start, length] = [bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4)];
    const [kind, owner] = [bytes.readUInt16LE(at + 8), bytes.readUInt16LE(at + 10)];
    const isInOrder = start >= next && length > 0 && start + length <= count && count === grains;
    need(isInOrder && (kind === 1 || kind === 2) && owner <= owners, `${entry.name} has a run that cannot be`);
    next = start + length;
    for (let grain = start; grain < next; grain += 1) {
      const known = kind === 2 ? bytes.toString('hex', stored, (stored += 32)) : undefined;
      if (owner === 0) live.set(entry.shard * grainsPerShard + grain, known);
    }
  }
  need(stored === bytes.length, `${entry.name} has a wrong length`);
  return live;
}

function readStored(folder, { name, size, digest: wanted }) {
  const bytes = open(pathOf(folder, name)).read(0, size);
  need(digest(bytes) === wanted, `${name} is damaged`);
  return bytes;
}

// → map: the first and last grain of each run of bytes that the version holds.
function* readAllocation(folder, { allocation, layout }) {
  const bytes = readStored(folder, allocation);
  need(ascii(bytes, 0, 8) === 'SYSIMGA1', `${allocation.name} is not an allocation map`);
  const unit = bytes.readUInt32LE(12);
  need(unit === 1 || unit === 512, `${allocation.name} has an unknown unit`);
  let [at, end] = [64, 0];
  const next = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes.readUInt8(at++);
      value += (byte % 128) * scale;
      if (byte < 128) return value * unit;
    }
  };
  for (let runs = bytes.readUInt32LE(8); runs > 0; runs -= 1) {
    const start = end + next();
    end = start + next();
    need(end <= layout.size, `${allocation.name} reaches beyond the disk`);
    if (end > start) yield [Math.floor(start / grainSize), Math.ceil(end / grainSize)];
  }
  need(at === bytes.length, `${allocation.name} has a wrong length`);
}

/** What lies where a grain may be: in the layers that have it, up to the first sealed one, and behind them in the image. */
function* placesOf(layers, image, grain, offset) {
  for (const { file, places, sealed } of layers) {
    const at = places.get(grain);
    if (at && at + grainSize <= file.size) yield file.read(at, grainSize);
    if (at && sealed) return;
  }
  if (offset + grainSize <= image.size) yield image.read(offset, grainSize);
}

// → README, "Reading": every grain from the first place whose bytes have its digest.
export function readDisk(folder, computer, versionId, index, write) {
  const catalog = readCatalog(folder, computer);
  const version = catalog.versions.find((record) => record.id === versionId);
  need(version, `there is no version ${versionId} that can be read`);
  const disk = version.disks.find((candidate) => candidate.index === index);
  need(disk, `version ${versionId} has no disk ${index}`);
  const layers = findLayers(folder, computer, catalog, version, disk).flatMap((layer) => openLayer(folder, layer));
  const image = open(pathOf(folder, disk.image.name));
  const before = layers.findLast(({ listed }) => !listed)?.before;
  const read = before ? (at, length) => before.subarray(at, at + length) : image.read;
  const { blockSize, offsetOf } = openTable(disk, read);
  const isLive = new Uint8Array(Math.ceil(disk.layout.size / grainSize));
  for (const entry of disk.shards) {
    for (const [grain, wanted] of readShard(folder, entry, disk.layout.size)) {
      isLive[grain] = 1;
      if (wanted === undefined) continue;
      const [block, inBlock] = [Math.floor((grain * grainSize) / blockSize), (grain * grainSize) % blockSize];
      const places = [...placesOf(layers, image, grain, offsetOf(block) + inBlock)];
      const bytes = places.find((found) => digest(found) === wanted);
      need(bytes, `grain ${grain} is damaged`);
      write(grain * grainSize, bytes.subarray(0, disk.layout.size - grain * grainSize));
    }
  }
  for (const [first, end] of readAllocation(folder, disk))
    need(isLive.subarray(first, end).every(Boolean), `the map lacks grains from ${first} on`);
  return disk.layout.size;
}

function main([folder, computer, version, disk, output]) {
  if (computer === undefined) {
    for (const name of filesIn(join(folder, 'sysimage'))) {
      const { versions, lost } = readCatalog(folder, name);
      for (const { id: known, disks } of versions)
        console.log(name, known, ...disks.map(({ index, layout }) => `disk ${index}: ${layout.size} bytes`));
      for (const unknown of lost) console.log(name, unknown, 'cannot be read');
    }
    return;
  }
  const file = openSync(output, 'wx');
  const write = (at, bytes) => writeSync(file, bytes, 0, bytes.length, at);
  ftruncateSync(file, readDisk(folder, computer, version, Number(disk), write));
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) main(process.argv.slice(2));
