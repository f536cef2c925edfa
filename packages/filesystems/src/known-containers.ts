import type { ByteView } from '@sysimage/bytes';
import type { KnownSignature } from './known-signatures.js';
import { utf8Field, uuidField } from './text.js';

const bitlockerGuid = [0x3b, 0xd6, 0x67, 0x49, 0x29, 0x2e, 0xd8, 0x4a, 0x83, 0x99, 0xf6, 0xa3, 0x39, 0xe3, 0xd0, 0x01];
const bitlockerUsedOnlyGuid = [
  0x3b, 0x4d, 0xa8, 0x92, 0x80, 0xdd, 0x0e, 0x4d, 0x9e, 0x4e, 0xb1, 0xe3, 0x28, 0x4e, 0xae, 0xd8,
];
export const bcacheMark = [
  0xc6, 0x85, 0x73, 0xf6, 0x4e, 0x1a, 0x45, 0xca, 0x82, 0x65, 0xf5, 0x7f, 0x48, 0xba, 0x6d, 0x81,
];
const bcacheVersions = 7n;
export const isBcache = (head: ByteView): boolean => head.bits64le(4096 + 16) < bcacheVersions;

/** What holds volumes of its own: encrypted, joined, mirrored, cut up. What seems to lie inside is not to be touched. */
export const knownContainers: readonly KnownSignature[] = [
  {
    type: 'bitlocker',
    wraps: true,
    marks: [
      { at: 3, text: '-FVE-FS-' },
      { at: 160, bytes: bitlockerGuid },
      { at: 160, bytes: bitlockerUsedOnlyGuid },
      { at: 424, bytes: bitlockerGuid },
    ],
  },
  {
    type: 'luks',
    wraps: true,
    marks: [
      { at: 0, bytes: [0x4c, 0x55, 0x4b, 0x53, 0xba, 0xbe] },
      // The second header of LUKS2, should the first be lost.
      ...[0x4000, 0x8000, 0x10000].map((at) => ({ at, bytes: [0x53, 0x4b, 0x55, 0x4c, 0xba, 0xbe] })),
    ],
    details: (head) => ({
      id: utf8Field(head, 168, 40),
      label: head.u16be(6) === 2 ? utf8Field(head, 24, 48) : undefined,
    }),
  },
  {
    type: 'lvm',
    wraps: true,
    marks: [0, 1, 2, 3].map((sector) => ({ at: sector * 512 + 24, text: 'LVM2 001' })),
    details: (head) => {
      const label = [0, 512, 1024, 1536].find((at) => head.latin1(at + 24, 8) === 'LVM2 001') ?? 0;
      const id = head.latin1(label + head.u32le(label + 20), 32);
      return { id: id.replace(/^(.{6})(.{4})(.{4})(.{4})(.{4})(.{4})(.{6})$/, '$1-$2-$3-$4-$5-$6-$7') };
    },
  },
  {
    type: 'bcache',
    wraps: true,
    isRight: isBcache,
    marks: [{ at: 4096 + 24, bytes: bcacheMark }],
    details: (head) => ({ id: uuidField(head, 4096 + 40), label: utf8Field(head, 4096 + 72, 32) }),
  },
  {
    type: 'drbd',
    wraps: true,
    marks: [0x6b, 0x6d].map((version) => ({ at: -4096 + 60, bytes: [0x83, 0x74, 0x02, version] })),
  },
  // Members of the RAID of a mainboard: Intel's own format, and that of the SNIA.
  { type: 'isw', wraps: true, marks: [{ at: -1024, text: 'Intel Raid ISM Cfg Sig. ' }] },
  { type: 'ddf', wraps: true, marks: [{ at: -512, bytes: [0xde, 0x11, 0xde, 0x11] }] },
  {
    type: 'stratis',
    wraps: true,
    marks: [512, 4608].map((at) => ({ at: at + 4, text: '!Stra0tis\x86\xff\x02^\x41rh' })),
  },
  { type: 'vdo', wraps: true, marks: [{ at: 0, text: 'dmvdo001' }], details: (head) => ({ id: uuidField(head, 40) }) },
  { type: 'integrity', wraps: true, marks: [{ at: 0, text: 'integrt\0' }] },
  {
    type: 'verity',
    wraps: true,
    marks: [{ at: 0, text: 'verity\0\0' }],
    details: (head) => ({ id: uuidField(head, 16) }),
  },
];
