const mebibyte = 1024 * 1024;
const grainSize = 65_536;

/**
 * A disk of 81 grains, the last of them cut, with an MBR and two partitions of nothing that is known: grains 16 to 47 and 48 to 79.
 * What is written is text that repeats every 16 bytes.
 */
export class TextDisk {
  readonly bytes = new Uint8Array(5 * mebibyte + 12_288);

  constructor(sectorSize: number) {
    const view = new DataView(this.bytes.buffer);
    view.setUint32(440, 0x5ca1ab1e, true);
    for (const [entry, start] of [mebibyte, 3 * mebibyte].entries()) {
      view.setUint8(446 + entry * 16 + 4, 0x83);
      view.setUint32(446 + entry * 16 + 8, start / sectorSize, true);
      view.setUint32(446 + entry * 16 + 12, (2 * mebibyte) / sectorSize, true);
    }
    view.setUint16(510, 0xaa55, true);
  }

  write(grain: number, text: string): void {
    const line = Buffer.from(`grain ${grain} of ${text}`.padEnd(15).concat('\n'));
    for (let at = grain * grainSize; at < Math.min((grain + 1) * grainSize, this.bytes.length); at += line.length)
      this.bytes.set(line, at);
  }

  clear(grain: number): void {
    this.bytes.fill(0, grain * grainSize, (grain + 1) * grainSize);
  }
}
