import { ByteView } from '@sysimage/bytes';

// RFC 4178, with NTLM as the only mechanism.
const spnego = Buffer.from('06062b0601050502', 'hex');
const ntlm = Buffer.from('060a2b06010401823702020a', 'hex');
const [sequence, octets, response] = [0x30, 0x04, 0xa1];
const tagged = (number: number): number => 0xa0 + number;

/** The list of mechanisms, which the last message signs. */
export const mechanisms = element(sequence, ntlm);

export function firstToken(token: Uint8Array): Buffer {
  const init = element(
    sequence,
    Buffer.concat([element(tagged(0), mechanisms), element(tagged(2), element(octets, token))]),
  );
  return element(0x60, Buffer.concat([spnego, element(tagged(0), init)]));
}

export function lastToken(token: Uint8Array, seal: Uint8Array): Buffer {
  const parts = [element(tagged(2), element(octets, token)), element(tagged(3), element(octets, seal))];
  return element(response, element(sequence, Buffer.concat(parts)));
}

/** The mechanism's token in a message of the server; some send it bare. Throws `FormatError`. */
export function tokenOf(message: Uint8Array): Uint8Array {
  const view = new ByteView(message, 'SPNEGO message');
  if (view.length > 0 && message[0] !== response) return message;
  const fields = contentOf(contentOf(view, response), sequence);
  for (let at = 0; at < fields.length;) {
    const { tag, content, end } = elementAt(fields, at);
    if (tag === tagged(2)) return contentOf(content, octets).slice(0, contentOf(content, octets).length);
    at = end;
  }
  throw view.corrupt('holds no token');
}

function element(tag: number, content: Uint8Array): Buffer {
  const { length } = content;
  const head =
    length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >>> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), content]);
}

function contentOf(view: ByteView, tag: number): ByteView {
  const found = elementAt(view, 0);
  if (found.tag !== tag) throw view.corrupt(`has element ${found.tag} instead of ${tag}`);
  return found.content;
}

function elementAt(
  view: ByteView,
  at: number,
): { readonly tag: number; readonly content: ByteView; readonly end: number } {
  const first = view.u8(at + 1);
  const size = first < 0x80 ? 0 : first & 0x7f;
  if (size > 2) throw view.corrupt('has an element that is too long', at);
  let length = size === 0 ? first : 0;
  for (let i = 0; i < size; i += 1) length = length * 256 + view.u8(at + 2 + i);
  const start = at + 2 + size;
  return { tag: view.u8(at), content: view.view(start, length), end: start + length };
}
