/** RC4, which OpenSSL 3 no longer has. NTLM wraps its session key and the seal of its negotiation with it. */
export function rc4(key: Uint8Array, data: Uint8Array): Buffer {
  const state = Uint8Array.from({ length: 256 }, (_, i) => i);
  const swap = (i: number, j: number): void => {
    const kept = at(state, i);
    state[i] = at(state, j);
    state[j] = kept;
  };
  for (let i = 0, j = 0; i < 256; i += 1) {
    j = (j + at(state, i) + at(key, i % key.length)) & 0xff;
    swap(i, j);
  }
  let i = 0;
  let j = 0;
  return Buffer.from(
    data.map((byte) => {
      i = (i + 1) & 0xff;
      j = (j + at(state, i)) & 0xff;
      swap(i, j);
      return byte ^ at(state, (at(state, i) + at(state, j)) & 0xff);
    }),
  );
}

function at(bytes: Uint8Array, index: number): number {
  return bytes[index] ?? 0;
}
