import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isFormatError } from '@sysimage/bytes';
import { md4 } from '../src/md4.js';
import {
  hmacMd5,
  ntlmAuthenticate,
  ntlmKey,
  ntlmKeys,
  ntlmNegotiate,
  ntlmProof,
  ntlmSeal,
  readNtlmChallenge,
} from '../src/ntlm.js';
import { rc4 } from '../src/rc4.js';
import { firstToken, lastToken, mechanisms, tokenOf } from '../src/spnego.js';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

test.each([
  ['', '31d6cfe0d16ae931b73c59d7e0c089c0'],
  ['a', 'bde52cb31de33e46245e05fbdbd6fb24'],
  ['abc', 'a448017aaf21d8525fc10ae87aa6729d'],
  ['message digest', 'd9130a8164549fe818874806e1c7014b'],
  ['abcdefghijklmnopqrstuvwxyz', 'd79e1c308aa5bbcdeea8ed63df412da9'],
  ['ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789', '043f8582f241db351ce627e153e7f0e4'],
  ['1234567890'.repeat(8), 'e33b4ddc9c38f2199c3e7b164fcc0536'],
])('MD4 of "%s" is that of RFC 1320', (text, digest) => {
  expect(md4(Buffer.from(text)).toString('hex')).toBe(digest);
});

test.each([
  ['0102030405', 'b2396305f03dc027ccc3524a0a1118a8'],
  ['0102030405060708090a0b0c0d0e0f10', '9ac7cc9a609d1ef7b2932899cde41b97'],
])('RC4 with the key %s is that of RFC 6229', (key, stream) => {
  expect(rc4(hex(key), new Uint8Array(16)).toString('hex')).toBe(stream);
});

// MS-NLMP 4.2.4: the document's own example.
const credentials = { user: 'User', domain: 'Domain', password: 'Password' };
const challenge = hex('0123456789abcdef');
const clientChallenge = hex('aaaaaaaaaaaaaaaa');
const targetInfo = hex('02000c0044006f006d00610069006e0001000c005300650072007600650072000000 0000');
const sessionKey = hex('55555555555555555555555555555555');

test('keys and proofs are those of MS-NLMP 4.2.4', () => {
  const key = ntlmKey(credentials);
  expect(key.toString('hex')).toBe('0c868a403bfd7a93a3001ef22ef02e3f');
  expect(hmacMd5(key, challenge, clientChallenge).toString('hex')).toBe('86c35097ac9cec102554764a57cccc19');
  const { response, sessionBaseKey } = ntlmProof(key, {
    challenge,
    clientChallenge,
    time: hex('0000000000000000'),
    targetInfo,
  });
  expect(response.subarray(0, 16).toString('hex')).toBe('68cd0ab851e51c96aabc927bebef6a1c');
  expect(sessionBaseKey.toString('hex')).toBe('8de40ccadbc14a82f15cb0ad0de95ca3');
  expect(rc4(sessionBaseKey, sessionKey).toString('hex')).toBe('c5dad2544fc9799094ce1ce90bc9d03e');
  const { signKey, sealKey } = ntlmKeys(sessionKey);
  expect(signKey.toString('hex')).toBe('4788dc861b4782f35d43fd98fe1a2d39');
  expect(sealKey.toString('hex')).toBe('59f600973cc4960a25480a7c196e4c58');
});

function challengeMessage(info: Buffer): Buffer {
  const message = Buffer.alloc(56);
  message.write('NTLMSSP\0', 'latin1');
  message.writeUInt32LE(2, 8);
  message.writeUInt32LE(0xe2898215, 20);
  message.set(challenge, 24);
  message.writeUInt16LE(info.length, 40);
  message.writeUInt16LE(info.length, 42);
  message.writeUInt32LE(56, 44);
  return Buffer.concat([message, info]);
}

test('the last message holds names, proof and seal, and never the password', () => {
  const timed = Buffer.concat([hex('0700 0800 0102030405060708'), targetInfo]);
  const bytes = challengeMessage(timed);
  const negotiate = ntlmNegotiate();
  const { message, sessionKey: key } = ntlmAuthenticate(credentials, {
    negotiate,
    challenge: bytes,
    host: 'server',
    random: Buffer.concat([clientChallenge, sessionKey]),
    time: 0n,
  });
  expect(key.equals(sessionKey)).toBe(true);
  expect(message.includes(Buffer.from('cifs/server', 'utf16le'))).toBe(true);
  expect(message.includes(Buffer.from('Password', 'utf16le'))).toBe(false);
  const mic = message.subarray(72, 88).toString('hex');
  const without = Buffer.from(message);
  without.fill(0, 72, 88);
  expect(hmacMd5(sessionKey, negotiate, bytes, without).toString('hex')).toBe(mic);
  expect(ntlmSeal(sessionKey, mechanisms)).toHaveLength(16);
});

test('a server that knows no NTLMv2 gets nothing', () => {
  const bytes = challengeMessage(targetInfo);
  bytes.writeUInt32LE(0x8215, 20);
  const exchange = { negotiate: ntlmNegotiate(), challenge: bytes, host: 'h', random: new Uint8Array(24), time: 0n };
  expect(() => ntlmAuthenticate(credentials, exchange)).toThrow(/version 2/u);
});

test('the envelope gives back what is in it, bare or wrapped', () => {
  const token = new Uint8Array(400).fill(5);
  expect([...tokenOf(lastToken(token, new Uint8Array(16)))]).toEqual([...token]);
  expect([...tokenOf(Buffer.from('NTLMSSP\0', 'latin1'))]).toHaveLength(8);
  expect(firstToken(ntlmNegotiate()).includes('NTLMSSP')).toBe(true);
});

test('whatever a server sends in place of them is refused in order', () => {
  const readers = [readNtlmChallenge, tokenOf];
  const good = challengeMessage(targetInfo);
  const spoilt = fc
    .array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
    .map((changes) => {
      const bytes = Buffer.from(good);
      for (const [at, value] of changes) bytes[at] = value;
      return bytes;
    });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), spoilt), (bytes) => {
      for (const reader of readers) {
        try {
          reader(bytes);
        } catch (error) {
          if (!isFormatError(error)) throw error;
        }
      }
    }),
    { numRuns: 2000 },
  );
});
