import type { ByteView } from '@sysimage/bytes';
import { utf16Field } from '../text.js';

export const standardInformation = 0x10;
export const attributeList = 0x20;
export const volumeName = 0x60;
export const volumeInformation = 0x70;
export const data = 0x80;
export const indexRoot = 0x90;
export const indexAllocation = 0xa0;
export const bitmap = 0xb0;
export const reparsePoint = 0xc0;

/** An attribute in a file record. */
export interface Attribute {
  readonly type: number;
  readonly name: string;
  readonly isResident: boolean;
  /** The first cluster of the stream this part holds; 0 when resident. */
  readonly lowestVcn: number;
  readonly view: ByteView;
}

/** The attributes of a file record, in order. Throws `FormatError` when one does not fit. */
export function attributesOf(record: ByteView): readonly Attribute[] {
  const attributes: Attribute[] = [];
  const end = Math.min(record.u32le(24), record.length);
  let offset = record.u16le(20);
  while (offset + 8 <= end) {
    const type = record.u32le(offset);
    if (type === 0xffffffff) break;
    const length = record.u32le(offset + 4);
    if (length < 24) throw record.corrupt(`attribute of ${length} bytes`, offset);
    const view = record.view(offset, length);
    const isResident = view.u8(8) === 0;
    attributes.push({
      type,
      name: utf16Field(view, view.u16le(10), view.u8(9)),
      isResident,
      lowestVcn: isResident ? 0 : view.u64le(16),
      view,
    });
    offset += length;
  }
  return attributes;
}

/** The bytes of a resident attribute. */
export function residentValue({ view }: Attribute): ByteView {
  return view.view(view.u16le(20), view.u32le(16));
}
