import { ByteView, FormatError, isFormatError, type ReadAt } from '@sysimage/bytes';
import { decodeFooter, type Footer } from './footer.js';
import { vhdSectorSize } from './layout.js';

export interface FoundFooter {
  readonly footer: Footer;
  /** End of what may be payload: the footer, or the end of the file when there is none. */
  readonly payloadEnd: number;
  readonly problems: string[];
}

/** Versions of Virtual PC before 2004 wrote a footer that lacks its last byte, a zero. */
const shortFooter = vhdSectorSize - 1;

/** The footer at the end, or when that one is broken the copy at the start. Throws `FormatError`. */
export async function findFooter(read: ReadAt, fileSize: number): Promise<FoundFooter> {
  const whole = await tryFooter(read, fileSize - vhdSectorSize);
  const short = 'footer' in whole ? whole : await tryFooter(read, fileSize - shortFooter, shortFooter);
  const atEnd = 'footer' in short ? short : whole;
  const last = fileSize - (atEnd === whole ? vhdSectorSize : shortFooter);
  if ('footer' in atEnd) {
    const problems: string[] = [];
    if (atEnd.footer.type !== 'fixed') {
      const copy = await tryFooter(read, 0);
      if ('error' in copy) problems.push(`the copy of the footer is broken (${copy.error.message})`);
      else if (!sameBytes(copy.bytes, atEnd.bytes)) problems.push('the footer and its copy differ');
    }
    return { footer: atEnd.footer, payloadEnd: last, problems };
  }
  const copy = await tryFooter(read, 0);
  // A file that is sound but not for us must be refused with that reason, and not as a broken one.
  if ('error' in copy || atEnd.error.code === 'unsupported') throw atEnd.error;
  if (copy.footer.type === 'fixed') throw atEnd.error;
  return {
    footer: copy.footer,
    payloadEnd: fileSize,
    problems: [`the footer is broken (${atEnd.error.message}); its copy is used`],
  };
}

type TriedFooter = { readonly footer: Footer; readonly bytes: Uint8Array } | { readonly error: FormatError };

async function tryFooter(read: ReadAt, offset: number, length = vhdSectorSize): Promise<TriedFooter> {
  const bytes = new Uint8Array(vhdSectorSize);
  bytes.set(await read(offset, length));
  try {
    return { footer: decodeFooter(new ByteView(bytes, 'VHD footer', offset)), bytes };
  } catch (error) {
    if (isFormatError(error)) return { error };
    throw error;
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
