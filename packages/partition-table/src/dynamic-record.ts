import type { ByteView } from '@sysimage/bytes';

/** What every record of the database has. `key`: the number by which records of the group name each other. */
interface Named {
  readonly key: number;
  readonly name: string;
}

/** A record of the database of a dynamic disk. Sizes and places are in sectors. */
export type DynamicRecord =
  | ({ readonly record: 'group'; readonly id: string } & Named)
  | ({ readonly record: 'disk'; readonly id: string } & Named)
  | ({
      readonly record: 'volume';
      readonly id: string;
      readonly components: number;
      readonly size: number;
      readonly partitionType: number;
      /** Where Windows would like to mount it, such as `C:`. */
      readonly hint: string | undefined;
    } & Named)
  | ({
      readonly record: 'component';
      readonly layout: 'striped' | 'concatenated' | 'raid5';
      readonly parts: number;
      readonly volume: number;
      readonly stripe: number | undefined;
    } & Named)
  | ({
      readonly record: 'part';
      /** From the beginning of the data of its disk. */
      readonly start: number;
      /** In the volume; of stripes it means nothing. */
      readonly offset: number;
      readonly size: number;
      readonly component: number;
      readonly disk: number;
      readonly column: number;
    } & Named);

const layouts = new Map<number, 'striped' | 'concatenated' | 'raid5'>([
  [1, 'striped'],
  [2, 'concatenated'],
  [3, 'raid5'],
]);
/** The fields of a record that not every one has, as its flags say. */
const has = { hint: 0x02, firstId: 0x08, column: 0x08, stripe: 0x10, secondId: 0x20, secondSize: 0x80 };

/**
 * Decodes a record whose parts were put together: a header of eight bytes (state, flags, kind and revision, length), then fields one
 * after the other, numbers big-endian and mostly as long as they need. `undefined` for kinds and revisions that nobody knows.
 */
export function decodeDynamicRecord(view: ByteView): DynamicRecord | undefined {
  const [flags, type] = [view.u8(2), view.u8(3)];
  const fields = new Fields(view, 8);
  const kind = records.get(type);
  return kind?.({ key: fields.number(), name: fields.text() }, fields, flags);
}

type Decoder = (named: Named, fields: Fields, flags: number) => DynamicRecord;

/** By revision (high four bits) and kind (low four bits). */
const records = new Map<number, Decoder>([
  [
    0x51,
    (named, fields, flags) => {
      fields.text();
      fields.text();
      // State, kind, number, flags.
      fields.skip(14 + 1 + 1 + 1 + 3 + 1);
      const components = fields.number();
      fields.skip(8 + 8);
      const size = fields.number();
      fields.skip(4);
      const partitionType = fields.byte();
      const id = fields.guid();
      if ((flags & has.firstId) !== 0) fields.text();
      if ((flags & has.secondId) !== 0) fields.text();
      if ((flags & has.secondSize) !== 0) fields.number();
      const hint = (flags & has.hint) === 0 ? undefined : fields.text();
      return { record: 'volume', ...named, id, components, size, partitionType, hint };
    },
  ],
  [
    0x32,
    (named, fields, flags) => {
      fields.text();
      const layout = layouts.get(fields.byte());
      if (layout === undefined) throw fields.corrupt(`${named.name} has a layout that nobody knows`);
      fields.skip(4);
      const parts = fields.number();
      fields.skip(8 + 8);
      const volume = fields.number();
      fields.skip(1);
      const stripe = (flags & has.stripe) === 0 ? undefined : fields.number();
      return { record: 'component', ...named, layout, parts, volume, stripe };
    },
  ],
  [
    0x33,
    (named, fields, flags) => {
      fields.skip(4 + 8);
      const [start, offset] = [fields.u64(), fields.u64()];
      const [size, component, disk] = [fields.number(), fields.number(), fields.number()];
      const column = (flags & has.column) === 0 ? 0 : fields.number();
      return { record: 'part', ...named, start, offset, size, component, disk, column };
    },
  ],
  [0x34, (named, fields) => ({ record: 'disk', ...named, id: fields.text().toLowerCase() })],
  [0x44, (named, fields) => ({ record: 'disk', ...named, id: fields.guid() })],
  [0x35, (named, fields) => ({ record: 'group', ...named, id: fields.text().toLowerCase() })],
  [0x45, (named, fields) => ({ record: 'group', ...named, id: fields.guid() })],
]);

/** Fields of changing length, one after the other. */
class Fields {
  readonly #view: ByteView;
  #at: number;

  constructor(view: ByteView, start: number) {
    this.#view = view;
    this.#at = start;
  }

  byte(): number {
    return this.#view.u8(this.#next(1));
  }

  u64(): number {
    return this.#view.u64be(this.#next(8));
  }

  /** A byte with its length, then the number. */
  number(): number {
    const length = this.byte();
    const at = this.#next(length);
    let value = 0;
    for (const byte of this.#view.slice(at, length)) value = value * 256 + byte;
    if (!Number.isSafeInteger(value)) throw this.#view.corrupt('a number is out of range', at);
    return value;
  }

  /** A byte with its length, then the text. */
  text(): string {
    const length = this.byte();
    return this.#view.latin1(this.#next(length), length);
  }

  /** All its fields are big-endian, unlike in a GPT. */
  guid(): string {
    const hex = Array.from(this.#view.slice(this.#next(16), 16), (byte) => byte.toString(16).padStart(2, '0')).join('');
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/u, '$1-$2-$3-$4-');
  }

  skip(length: number): void {
    this.#next(length);
  }

  corrupt(message: string): Error {
    return this.#view.corrupt(message, this.#at);
  }

  #next(length: number): number {
    const at = this.#at;
    this.#at += length;
    return at;
  }
}
