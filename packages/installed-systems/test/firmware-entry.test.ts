import { expect, test } from '@jest/globals';
import { isFormatError } from '@sysimage/bytes';
import fc from 'fast-check';
import { readFirmwareEntry, readFirmwareOrder } from '../src/index.js';

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(/\s/gu, ''), 'hex'));
const wide = (text: string): string => Buffer.from(`${text}\0`, 'utf16le').toString('hex');

/** As efibootmgr 17 wrote it. */
const debian = `01000000 6200 440065006200690061006e002000fc000000
  0401 2a00 01000000 0008000000000000 0040010000000000 aaaaaaaa000000408000000000000002 02 02
  0404 3400 5c004500460049005c00640065006200690061006e005c007300680069006d007800360034002e006500660069000000
  7fff 0400 710075006900650074002000730070006c00610073006800`;

/** A node of a device path. */
function node(type: number, kind: number, content: string): string {
  const bytes = Buffer.from(content, 'hex');
  const head = Buffer.from([type, kind, 0, 0]);
  head.writeUInt16LE(4 + bytes.length, 2);
  return head.toString('hex') + bytes.toString('hex');
}

function option(flags: string, title: string, nodes: readonly string[], data = ''): Uint8Array {
  const path = nodes.join('');
  const size = Buffer.alloc(2);
  size.writeUInt16LE(path.length / 2);
  return hex(`${flags}${size.toString('hex')}${wide(title)}${path}${data}`);
}

const end = node(0x7f, 0xff, '');
const pci = node(1, 1, '0002');
const mbr = node(
  4,
  1,
  `01000000 0008000000000000 0040010000000000 cdab3412${'00'.repeat(12)} 01 01`.replaceAll(' ', ''),
);

test('an entry as efibootmgr writes it', () => {
  const { data, ...entry } = readFirmwareEntry(hex(debian));
  expect(entry).toEqual({
    title: 'Debian ü',
    active: true,
    partition: { scheme: 'gpt', partitionId: 'AAAAAAAA-0000-4000-8000-000000000002' },
    file: '\\EFI\\debian\\shimx64.efi',
  });
  expect(Buffer.from(data).toString('utf16le')).toBe('quiet splash');
});

test('hardware before the partition, a path in pieces, and only the first of several paths', () => {
  const path = [pci, mbr, node(4, 4, wide('\\EFI\\')), node(4, 4, wide('\\BOOT\\a.efi')), end];
  const second = [mbr, node(4, 4, wide('\\other')), end];
  expect(readFirmwareEntry(option('00000000', 'x', [...path, ...second], 'ff'))).toEqual({
    title: 'x',
    active: false,
    partition: { scheme: 'mbr', diskId: '1234abcd', firstSector: 2048 },
    file: '\\EFI\\BOOT\\a.efi',
    data: hex('ff'),
  });
});

test('what starts no file of a partition names none', () => {
  expect(readFirmwareEntry(option('09000000', 'PXE', [pci, end]))).toMatchObject({
    partition: undefined,
    file: undefined,
  });
  const unsigned = node(4, 1, `01000000${'00'.repeat(32)}0200`);
  expect(readFirmwareEntry(option('01000000', 'x', [unsigned, end]))).toMatchObject({ partition: undefined });
});

test.each([
  ['nothing', '', /needs 4 bytes at 0/u],
  ['a path that is longer than the entry', `01000000 0f00 ${wide('x')} 7fff0400`, /needs 15 bytes/u],
  ['a node without a length', `01000000 0400 ${wide('x')} 04010000`, /a node of 0 bytes/u],
  ['a node that is cut', `01000000 0400 ${wide('x')} 04012a00`, /needs 42 bytes/u],
  ['a partition in a short node', `01000000 0800 ${wide('x')} 0401080000000000`, /a partition in 8 bytes/u],
])('%s is broken', (_, bytes, message) => {
  expect(() => readFirmwareEntry(hex(bytes))).toThrow(message);
});

test('an order is numbers, and half a number is none', () => {
  expect(readFirmwareOrder(hex('0100 0000 0f'))).toEqual([1, 0]);
});

test('whatever is flipped, an entry or a FormatError comes out', () => {
  const whole = hex(debian);
  const flip = fc.tuple(fc.nat(whole.length - 1), fc.nat(255));
  fc.assert(
    fc.property(fc.array(flip, { maxLength: 4 }), fc.nat(whole.length), (flips, length) => {
      const bytes = whole.slice(0, length);
      for (const [at, value] of flips) if (at < length) bytes[at] = value;
      try {
        const { title, file = '', data } = readFirmwareEntry(bytes);
        expect(2 * (title.length + file.length) + data.length).toBeLessThanOrEqual(length);
      } catch (error) {
        if (!isFormatError(error)) throw error;
      }
    }),
    { seed: 1, numRuns: 2000 },
  );
});
