import { createHasher } from '@sysimage/node-services';
import type { Folder } from './folder.js';

const hasher = createHasher();

/** A copy of a set that a fault is planted in, with all that must be mended around it, so that the fault is the only one. */
export class Draft {
  readonly objects: Map<string, Uint8Array>;
  /** Ids of the versions, oldest first. */
  readonly ids: readonly string[];

  constructor(set: Folder) {
    this.objects = new Map([...set].map(([name, bytes]) => [name, bytes.slice()]));
    this.ids = [...set.keys()].flatMap((name) => /\/versions\/(.+)\.json$/u.exec(name)?.[1] ?? []).toSorted();
  }

  /** The only object whose name ends so, or the `index`-th. */
  name(ending: string, index?: number): string {
    const names = [...this.objects.keys()].filter((name) => name.endsWith(ending)).toSorted();
    const name = names[index ?? 0];
    if (name === undefined || (index === undefined && names.length > 1)) throw new Error(`which one is ${ending}?`);
    return name;
  }

  record(version: number): string {
    return `sysimage/demo/versions/${this.ids[version] ?? ''}.json`;
  }

  bytes(name: string): Uint8Array {
    const bytes = this.objects.get(name);
    if (bytes === undefined) throw new Error(`no object ${name}`);
    return bytes;
  }

  view(name: string): DataView {
    const { buffer, byteOffset, byteLength } = this.bytes(name);
    return new DataView(buffer, byteOffset, byteLength);
  }

  set(name: string, bytes: Uint8Array): void {
    this.objects.set(name, bytes);
  }

  remove(name: string): void {
    this.objects.delete(name);
  }

  flip(name: string, at: number): void {
    const bytes = this.bytes(name);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
  }

  text(name: string, at: number, value: string): void {
    this.bytes(name).set(Buffer.from(value, 'latin1'), at);
  }

  /** Gives an object so many bytes; new ones are zeros. */
  resize(name: string, size: number): void {
    const bytes = new Uint8Array(size);
    bytes.set(this.bytes(name).subarray(0, size));
    this.set(name, bytes);
  }

  /** Changes the text of a record, and its digest with it. */
  reword(name: string, change: (text: string) => string): void {
    const before = Buffer.from(this.bytes(name)).toString('utf8');
    const blank = change(before.replace(/"digest": "[0-9a-f]{64}"/u, `"digest": "${'0'.repeat(64)}"`));
    const stamp = Buffer.from(hasher.digest(Buffer.from(blank))).toString('hex');
    this.set(name, new Uint8Array(Buffer.from(blank.replace('0'.repeat(64), stamp))));
    if (Buffer.from(this.bytes(name)).toString('utf8') === before) throw new Error(`${name} is as it was`);
  }

  /** Puts the digest of a map into itself, and size and digest into every record that names it. */
  mendMap(name: string, { inside = true }: { readonly inside?: boolean } = {}): void {
    const bytes = this.bytes(name);
    if (inside) {
      bytes.fill(0, 32, 64);
      bytes.set(hasher.digest(bytes), 32);
    }
    const stamp = Buffer.from(hasher.digest(bytes)).toString('hex');
    const stored = new RegExp(`("name": "${name}",\\s+"size": )\\d+(,\\s+"digest": ")[0-9a-f]{64}`, 'gu');
    for (const [version] of this.ids.entries()) {
      const text = Buffer.from(this.bytes(this.record(version))).toString('utf8');
      if (!text.includes(`"${name}"`)) continue;
      this.reword(this.record(version), (record) => record.replace(stored, `$1${bytes.length}$2${stamp}`));
    }
  }

  /** Puts the digest of the first 4064 bytes of a layer behind them. */
  mendLayerHeader(name: string): void {
    this.bytes(name).set(hasher.digest(this.bytes(name).subarray(0, 4064)), 4064);
  }

  /** Where the batches of a layer start. */
  batches(name: string): readonly number[] {
    const view = this.view(name);
    const starts: number[] = [];
    for (let at = 4096; Buffer.from(this.bytes(name)).toString('latin1', at, at + 8) === 'SYSIMGB1';) {
      starts.push(at);
      at = Math.ceil(Number(view.getBigUint64(at + 16, true) + view.getBigUint64(at + 24, true)) / 4096) * 4096;
    }
    return starts;
  }

  mendBatch(name: string, at: number): void {
    const end = at + 96 + this.view(name).getUint32(at + 12, true) * 48;
    const bytes = this.bytes(name);
    bytes.fill(0, at + 64, at + 96);
    bytes.set(hasher.digest(bytes.subarray(at, end)), at + 64);
  }

  /** Where the index of a sealed layer lies. */
  index(name: string): { readonly at: number; readonly length: number } {
    const view = this.view(name);
    const mark = view.byteLength - 64;
    return { at: Number(view.getBigUint64(mark + 8, true)), length: Number(view.getBigUint64(mark + 16, true)) };
  }

  /** Puts the digest of the index into the end mark. */
  mendIndex(name: string): void {
    const { at, length } = this.index(name);
    const bytes = this.bytes(name);
    bytes.set(hasher.digest(bytes.subarray(at, at + length)), bytes.length - 32);
  }

  /** Puts the checksum of a footer or dynamic header of a VHD right. */
  mendVhd(name: string, at: number, length: number, checksumAt: number): void {
    const view = this.view(name);
    view.setUint32(at + checksumAt, 0);
    const sum = this.bytes(name)
      .subarray(at, at + length)
      .reduce((before, byte) => before + byte, 0);
    view.setUint32(at + checksumAt, ~sum >>> 0);
  }
}
