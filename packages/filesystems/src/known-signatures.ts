import type { ByteView } from '@sysimage/bytes';
import type { FileSystemType, Findings } from './file-system.js';
import { utf8Field, uuidField } from './text.js';

/** How a type is recognised, and what its first structure says. */
export interface KnownSignature {
  readonly type: FileSystemType;
  readonly wraps?: true;
  /** One of these must be there. */
  readonly marks: readonly { readonly at: number; readonly text?: string; readonly bytes?: readonly number[] }[];
  readonly details?: (head: ByteView) => Omit<Findings, 'type'>;
}

const bitlockerGuid = [0x3b, 0xd6, 0x67, 0x49, 0x29, 0x2e, 0xd8, 0x4a, 0x83, 0x99, 0xf6, 0xa3, 0x39, 0xe3, 0xd0, 0x01];
const bitlockerUsedOnlyGuid = [
  0x3b, 0x4d, 0xa8, 0x92, 0x80, 0xdd, 0x0e, 0x4d, 0x9e, 0x4e, 0xb1, 0xe3, 0x28, 0x4e, 0xae, 0xd8,
];

/** Known by their marks alone. */
export const knownSignatures: readonly KnownSignature[] = [
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
    marks: [{ at: 0, bytes: [0x4c, 0x55, 0x4b, 0x53, 0xba, 0xbe] }],
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
  { type: 'refs', marks: [{ at: 0, bytes: [0, 0, 0, 0x52, 0x65, 0x46, 0x53, 0, 0, 0, 0] }] },
  {
    type: 'bcachefs',
    marks: [
      {
        at: 4096 + 24,
        bytes: [0xc6, 0x85, 0x73, 0xf6, 0x4e, 0x1a, 0x45, 0xca, 0x82, 0x65, 0xf5, 0x7f, 0x48, 0xba, 0x6d, 0x81],
      },
      {
        at: 4096 + 24,
        bytes: [0xc6, 0x85, 0x73, 0xf6, 0x66, 0xce, 0x90, 0xa9, 0xd9, 0x6a, 0x60, 0xcf, 0x80, 0x3d, 0xf7, 0xef],
      },
    ],
  },
  {
    type: 'f2fs',
    marks: [{ at: 1024, bytes: [0x10, 0x20, 0xf5, 0xf2] }],
    details: (head) => ({ id: uuidField(head, 1132) }),
  },
  { type: 'jfs', marks: [{ at: 32768, text: 'JFS1' }], details: (head) => ({ id: uuidField(head, 32768 + 136) }) },
  {
    type: 'reiserfs',
    marks: ['ReIsErFs', 'ReIsEr2Fs', 'ReIsEr3Fs'].map((text) => ({ at: 65536 + 52, text })),
    details: (head) => ({ id: uuidField(head, 65536 + 84) }),
  },
  {
    type: 'hfsplus',
    marks: [
      { at: 1024, bytes: [0x48, 0x2b, 0, 4] },
      { at: 1024, bytes: [0x48, 0x58, 0, 5] },
    ],
  },
  { type: 'apfs', marks: [{ at: 32, text: 'NXSB' }], details: (head) => ({ id: uuidField(head, 72) }) },
  { type: 'squashfs', marks: [{ at: 0, text: 'hsqs' }] },
  { type: 'erofs', marks: [{ at: 1024, bytes: [0xe2, 0xe1, 0xf5, 0xe0] }] },
  {
    type: 'iso9660',
    marks: [{ at: 32769, text: 'CD001' }],
    details: (head) => ({ label: utf8Field(head, 32808, 32)?.trimEnd() }),
  },
];
