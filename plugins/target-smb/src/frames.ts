/** Cuts what a socket delivers into messages: a zero byte, three bytes of length, the message (MS-SMB2 2.1). */
export interface Frames {
  /** Messages that are complete now. Throws when one is longer than allowed, or none of SMB. */
  push(chunk: Uint8Array): Buffer[];
}

const prefixLength = 4;

/** `limit`: the length of the longest message, asked anew for each. */
export function createFrames(limit: () => number, complain: (what: string) => Error): Frames {
  const prefix = Buffer.alloc(prefixLength);
  let prefixFilled = 0;
  let message: Buffer | undefined;
  let filled = 0;

  function begin(): Buffer {
    const length = prefix.readUInt32BE();
    if (length >= 2 ** 24) throw complain('what came is no message of SMB');
    if (length > limit()) throw complain(`a message of ${length} bytes, at most ${limit()} are allowed`);
    return Buffer.allocUnsafe(length);
  }

  return {
    push(chunk) {
      const messages: Buffer[] = [];
      for (let at = 0; at < chunk.length;) {
        if (message === undefined) {
          prefix[prefixFilled] = chunk[at] ?? 0;
          prefixFilled += 1;
          at += 1;
          if (prefixFilled < prefixLength) continue;
          message = begin();
          filled = 0;
        }
        const part = chunk.subarray(at, at + message.length - filled);
        message.set(part, filled);
        filled += part.length;
        at += part.length;
        if (filled === message.length) {
          messages.push(message);
          message = undefined;
          prefixFilled = 0;
        }
      }
      return messages;
    },
  };
}

/** The four bytes before a message. */
export function framePrefix(length: number): Buffer {
  const prefix = Buffer.alloc(prefixLength);
  prefix.writeUInt32BE(length);
  return prefix;
}
