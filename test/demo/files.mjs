// Files as people have them: letters, tables, pictures. All of it follows from a number, so that it can be made again.
import { createHash } from 'node:crypto';

const words =
  `the a we you they letter invoice meeting garden river winter photograph journey morning window table harbour
 mountain station music answer question paper copper silver quiet early late small large old new blue green bright open
 closed sent received paid written found lost kept moved walked arrived stayed in on at under behind before after without`
    .split(/\s+/u)
    .filter(Boolean);

/** Numbers in [0, 1) that follow from the seed. */
export function numbers(seed) {
  let pool = Buffer.alloc(0);
  let round = 0;
  return () => {
    if (pool.length < 4)
      pool = createHash('sha512')
        .update(`${seed}/${(round += 1)}`)
        .digest();
    const value = pool.readUInt32LE(0);
    pool = pool.subarray(4);
    return value / 2 ** 32;
  };
}

export function letter(seed, paragraphs) {
  const random = numbers(seed);
  const sentence = () => {
    const text = Array.from(
      { length: 6 + Math.floor(random() * 12) },
      () => words[Math.floor(random() * words.length)],
    ).join(' ');
    return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
  };
  const paragraph = () => Array.from({ length: 3 + Math.floor(random() * 5) }, sentence).join(' ');
  return Buffer.from(`${Array.from({ length: paragraphs }, paragraph).join('\n\n')}\n`);
}

export function table(seed, rows) {
  const random = numbers(seed);
  let balance = 2500;
  const lines = Array.from({ length: rows }, (_, row) => {
    const amount = Math.round((random() - 0.48) * 30000) / 100;
    balance += amount;
    const day = new Date(Date.UTC(2024, 0, 1 + Math.floor(row / 2))).toISOString().slice(0, 10);
    return `${day};${words[Math.floor(random() * words.length)]};${amount.toFixed(2)};${balance.toFixed(2)}`;
  });
  return Buffer.from(`date;subject;amount;balance\n${lines.join('\n')}\n`);
}

/** An uncompressed picture of hills under a sky. */
export function picture(seed, width, height) {
  const random = numbers(seed);
  const waves = Array.from({ length: 5 }, () => [0.002 + random() * 0.03, random() * 7, 4 + random() * 20]);
  const [red, green, blue] = [random(), random(), random()];
  const stride = Math.ceil((width * 3) / 4) * 4;
  const bytes = Buffer.alloc(54 + stride * height);
  bytes.write('BM');
  bytes.writeUInt32LE(bytes.length, 2);
  bytes.writeUInt32LE(54, 10);
  bytes.writeUInt32LE(40, 14);
  bytes.writeInt32LE(width, 18);
  bytes.writeInt32LE(height, 22);
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(24, 28);
  for (let x = 0; x < width; x += 1) {
    const horizon = waves.reduce((sum, [pace, start, size]) => sum + Math.sin(x * pace + start) * size, height / 2);
    for (let y = 0; y < height; y += 1) {
      const light =
        y > horizon ? 0.5 + y / height / 2 : (0.2 + (y / horizon) * 0.5) * (((x >> 3) ^ (y >> 3)) & 1 ? 1 : 0.97);
      const at = 54 + y * stride + x * 3;
      bytes[at] = 255 * light * (y > horizon ? 1 : blue * 0.6);
      bytes[at + 1] = 255 * light * (y > horizon ? 0.9 : 0.4 + green * 0.4);
      bytes[at + 2] = 255 * light * (y > horizon ? 0.8 : red * 0.6);
    }
  }
  return bytes;
}

/** What looks like a program: bytes that repeat little. */
export function program(seed, size) {
  const random = numbers(seed);
  const pieces = Array.from({ length: 40 }, () =>
    Buffer.from(Array.from({ length: 96 }, () => Math.floor(random() * 256))),
  );
  const chosen = Array.from({ length: Math.ceil(size / 96) }, () => pieces[Math.floor(random() * pieces.length)]);
  return Buffer.concat([Buffer.from('MZ'), ...chosen]).subarray(0, size);
}
