import type { ByteView } from '@sysimage/bytes';
import type { FileSystemType, Findings } from './file-system.js';
import { bcacheMark, isBcache } from './known-containers.js';
import { utf8Field, uuidField } from './text.js';

/** How a type is recognised, and what its first structure says. */
export interface KnownSignature {
  readonly type: FileSystemType;
  readonly wraps?: true;
  /** Far from the front, where a later file system may have left it: counts only when nothing else is found. */
  readonly isWeak?: true;
  /** One of these must be there; `at` below zero counts from the end. */
  readonly marks: readonly { readonly at: number; readonly text?: string; readonly bytes?: readonly number[] }[];
  /** What marks alone do not tell. */
  readonly isRight?: (head: ByteView) => boolean;
  readonly details?: (head: ByteView) => Omit<Findings, 'type'>;
}

/** Known by their marks alone. */
export const knownSignatures: readonly KnownSignature[] = [
  { type: 'refs', marks: [{ at: 0, bytes: [0, 0, 0, 0x52, 0x65, 0x46, 0x53, 0, 0, 0, 0] }] },
  {
    type: 'bcachefs',
    // The first releases had the mark of bcache, and higher versions than it ever got.
    isRight: (head) => !isBcache(head),
    marks: [
      { at: 4096 + 24, bytes: bcacheMark },
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
  {
    type: 'nilfs2',
    marks: [{ at: 1024, bytes: [2, 0, 0, 0, 0, 0, 0x34, 0x34] }],
    details: (head) => ({ id: uuidField(head, 1024 + 152), label: utf8Field(head, 1024 + 168, 80) }),
  },
  { type: 'ocfs2', marks: [1024, 2048, 4096, 8192].map((at) => ({ at, text: 'OCFSV2' })) },
  { type: 'gfs2', marks: [{ at: 65536, bytes: [0x01, 0x16, 0x19, 0x70, 0, 0, 0, 1] }] },
  {
    type: 'ufs',
    marks: [
      { at: 8192 + 1372, bytes: [0x54, 0x19, 0x01, 0] },
      { at: 65536 + 1372, bytes: [0x19, 0x01, 0x54, 0x19] },
    ],
  },
  { type: 'udf', marks: [{ at: 32769, text: 'BEA01' }] },
  { type: 'hpfs', marks: [{ at: 8192, bytes: [0x49, 0xe8, 0x95, 0xf9] }] },
  { type: 'cramfs', marks: [{ at: 0, bytes: [0x45, 0x3d, 0xcd, 0x28] }] },
  { type: 'romfs', marks: [{ at: 0, text: '-rom1fs-' }] },
  { type: 'zonefs', marks: [{ at: 0, text: 'SFOZ' }] },
  { type: 'bluestore', marks: [{ at: 0, text: 'bluestore block device\n' }] },
  { type: 'vmfs', isWeak: true, marks: [{ at: 2 * 1024 * 1024, bytes: [0x5e, 0xf1, 0xab, 0x2f] }] },
];
