import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ByteView, isFormatError } from '@sysimage/bytes';
import { createFrames, framePrefix } from '../src/frames.js';
import * as replies from '../src/replies.js';
import * as requests from '../src/requests.js';

const handle = { path: 'x', id: new Uint8Array(16).fill(9) };

test('the package lays out what the protocol says', () => {
  const create = requests.createRequest('a/b', {
    kind: 'file',
    access: ['read', 'delete'],
    share: ['read'],
    create: true,
  });
  const body = create.message.subarray(64);
  expect(create.message.subarray(0, 4).toString('latin1')).toBe('\u00feSMB');
  expect(create.message.readUInt16LE(12)).toBe(requests.commands.create);
  expect(body.readUInt16LE(0)).toBe(57);
  expect(body.readUInt32LE(24)).toBe(0x11_0081);
  expect(body.readUInt32LE(32)).toBe(1);
  expect(body.readUInt32LE(36)).toBe(2);
  expect(body.readUInt32LE(40)).toBe(0x40);
  expect(body.readUInt16LE(44)).toBe(120);
  expect(body.readUInt16LE(46)).toBe(6);
  expect(body.subarray(56, 62).toString('utf16le')).toBe('a\\b');
  // What its templates do not fill would be whatever lay in memory.
  const again = requests.createRequest('a/b', {
    kind: 'file',
    access: ['read', 'delete'],
    share: ['read'],
    create: true,
  });
  expect(again.message.equals(create.message)).toBe(true);
  expect(requests.negotiateRequest(new Uint8Array(16)).message.subarray(64).toString('hex')).toBe(
    `2400 0200 0200 0000 00000000 ${'00'.repeat(16)} ${'00'.repeat(8)} 0202 1002`.replaceAll(' ', ''),
  );
});

test('offsets have 64 bits', () => {
  const at = 2 ** 40 + 5;
  expect(requests.readRequest(handle, at, 10).message.readBigUInt64LE(72)).toBe(BigInt(at));
  expect(requests.writeRequest(handle, at, new Uint8Array(3)).message.readBigUInt64LE(72)).toBe(BigInt(at));
  expect(requests.endOfFileRequest(handle, at).message.readBigUInt64LE(96)).toBe(BigInt(at));
});

function reply(body: Buffer): Buffer {
  const header = Buffer.alloc(64);
  header.write('\u00feSMB', 'latin1');
  header.writeUInt16LE(64, 4);
  header.writeUInt32LE(1, 16);
  return Buffer.concat([header, body]);
}

function entry(name: string, next: number): Buffer {
  const encoded = Buffer.from(name, 'utf16le');
  const bytes = Buffer.alloc(next === 0 ? 104 + encoded.length : next);
  bytes.writeUInt32LE(next, 0);
  bytes.writeUInt32LE(encoded.length, 60);
  bytes.writeBigUInt64LE(7n, 40);
  bytes.set(encoded, 104);
  return bytes;
}

const page = Buffer.concat([entry('.', 112), entry('object', 120), entry('other', 0)]);
const output = Buffer.alloc(8);
output.writeUInt16LE(9, 0);
output.writeUInt16LE(72, 2);
output.writeUInt32LE(page.length, 4);
const listing = reply(Buffer.concat([output, page]));

test('a page of a listing', () => {
  const view = new ByteView(listing, 'reply');
  expect(replies.readEntries(replies.readOutput(view)).map(({ name, size }) => [name, size])).toEqual([
    ['object', 7],
    ['other', 7],
  ]);
});

const readers: readonly ((view: ByteView) => unknown)[] = [
  replies.readHeader,
  replies.readNegotiate,
  replies.readSessionSetup,
  replies.readTreeConnect,
  replies.readCreate,
  (view) => replies.readData(view, 100),
  (view) => replies.readWritten(view, 100),
  (view) => replies.readEntries(replies.readOutput(view)),
  (view) => replies.readFacts(replies.readOutput(view)),
  (view) => replies.readSpace(replies.readOutput(view)),
];

test('whatever comes from the socket is read inside its bounds, or refused', () => {
  const edges = [0, 1, 2, 9, 16, 17, 56, 64, 65, 72, 89, 104, 127, 128, 255];
  const spoilt = fc
    .array(fc.tuple(fc.nat(listing.length - 1), fc.oneof(fc.nat(255), fc.constantFrom(...edges))), { maxLength: 6 })
    .map((changes) => {
      const bytes = Buffer.from(listing);
      for (const [at, value] of changes) bytes[at] = value;
      return bytes;
    });
  const cut = fc.tuple(spoilt, fc.nat(listing.length)).map(([bytes, length]) => bytes.subarray(0, length));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), cut, spoilt), (bytes) => {
      for (const reader of readers) {
        try {
          reader(new ByteView(bytes, 'reply'));
        } catch (error) {
          if (!isFormatError(error)) throw error;
        }
      }
    }),
    { numRuns: 3000 },
  );
});

test('a server says no more than was asked for', () => {
  const read = Buffer.alloc(16 + 50);
  read.writeUInt16LE(17, 0);
  read.writeUInt8(80, 2);
  read.writeUInt32LE(50, 4);
  const view = new ByteView(reply(read), 'reply');
  expect(replies.readData(view, 50)).toHaveLength(50);
  expect(() => replies.readData(view, 49)).toThrow(/50 bytes instead of at most 49/u);
  read.writeUInt8(10, 2);
  expect(() => replies.readData(new ByteView(reply(read), 'reply'), 50)).toThrow(/inside its header/u);
});

test('sizes that no number can hold are as large as a number can be', () => {
  const bytes = Buffer.alloc(32, 0xff);
  expect(replies.readSpace(new ByteView(bytes, 'space'))).toEqual({
    total: Number.MAX_SAFE_INTEGER,
    free: Number.MAX_SAFE_INTEGER,
  });
});

test('messages come out the same, however the network cut them', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 }),
      (messages, cuts) => {
        const stream = Buffer.concat(messages.flatMap((message) => [framePrefix(message.length), message]));
        const frames = createFrames(
          () => 300,
          (what) => new Error(what),
        );
        const found: Buffer[] = [];
        for (let at = 0, i = 0; at < stream.length; i += 1) {
          const length = cuts[i % cuts.length] ?? 1;
          found.push(...frames.push(stream.subarray(at, at + length)));
          at += length;
        }
        expect(found.map((each) => [...each])).toEqual(messages.map((each) => [...each]));
      },
    ),
  );
  const frames = createFrames(
    () => 300,
    (what) => new Error(what),
  );
  expect(() => frames.push(framePrefix(301))).toThrow(/301 bytes/u);
  expect(() =>
    createFrames(
      () => 300,
      (what) => new Error(what),
    ).push(Buffer.from('HTTP')),
  ).toThrow(/no message of SMB/u);
});
