import { ByteView } from '@sysimage/bytes';

/** The stride of the update sequence is 512 whatever the sector size. */
const stride = 512;

/**
 * A record with its update sequence put back (the last two bytes of every 512 were replaced by a counter when it was
 * written). Throws `FormatError` `corrupt` for another magic, or a record written in part.
 */
export function withFixups(bytes: Uint8Array, magic: string, what: string, base: number): ByteView {
  const fixed = bytes.slice();
  const view = new ByteView(fixed, what, base);
  if (view.latin1(0, 4) !== magic) throw view.corrupt(`no ${magic} record`);
  const sequence = view.u16le(4);
  const count = view.u16le(6);
  if ((count - 1) * stride !== bytes.length) throw view.corrupt(`update sequence of ${count}`, 6);
  const counter = view.u16le(sequence);
  for (let i = 1; i < count; i += 1) {
    const end = i * stride - 2;
    if (view.u16le(end) !== counter) throw view.corrupt('was written in part', end);
    fixed.set(view.slice(sequence + i * 2, 2), end);
  }
  return view;
}
