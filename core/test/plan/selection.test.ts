import { expect, test } from '@jest/globals';
import type { DiskLayout, Volume } from '../../src/model/disk-layout.js';
import { selectVolumes, type DiskInUse } from '../../src/plan/selection.js';

function volume(partition: number, extra: Partial<Volume> = {}): Volume {
  const start = partition * 1_048_576;
  return { partition, start, size: 1_048_576, consistency: 'clean', copied: 'used', usedBytes: 4096, ...extra };
}

const partition = { size: 1_048_576, type: '', active: false, kind: 'primary' } as const;
const disks: readonly DiskLayout[] = [
  {
    size: 8 * 1_048_576,
    sectorSize: 512,
    scheme: 'gpt',
    partitions: [
      { ...partition, index: 1, start: 1_048_576, id: 'AAAA-1', name: 'EFI system' },
      { ...partition, index: 2, start: 2 * 1_048_576, id: 'AAAA-2' },
    ],
    volumes: [volume(1, { label: 'ESP' }), volume(2, { label: 'Root', id: 'f00d-0001', mountPoint: '/' })],
    problems: [],
  },
  {
    size: 8 * 1_048_576,
    sectorSize: 512,
    scheme: 'mbr',
    id: '1234abcd',
    partitions: [{ ...partition, index: 2, start: 2 * 1_048_576 }],
    volumes: [volume(2, { label: 'Data', mountPoint: '/data' })],
    problems: [],
  },
];

function left(request: { include?: readonly string[]; exclude?: readonly string[] }): readonly string[] {
  return selectVolumes(disks, request).flatMap(({ volumes }, disk) =>
    volumes.filter(({ copied }) => copied !== 'none').map(({ partition: number }) => `${disk}:${number}`),
  );
}

test.each([
  [{}, ['0:1', '0:2', '1:2']],
  [{ include: ['2'] }, ['0:2', '1:2']],
  [{ include: ['1:2'] }, ['1:2']],
  [{ include: ['/data', 'ESP'] }, ['0:1', '1:2']],
  [{ include: ['LABEL=root'] }, ['0:2']],
  [{ include: ['uuid=F00D-0001'] }, ['0:2']],
  [{ include: ['PARTUUID=aaaa-1'] }, ['0:1']],
  [{ include: ['PARTUUID=1234ABCD-02'] }, ['1:2']],
  [{ include: ['PARTLABEL=EFI system'] }, ['0:1']],
  [{ exclude: ['/'] }, ['0:1', '1:2']],
  [{ include: ['2'], exclude: ['Data'] }, ['0:2']],
])('%j', (request, expected) => {
  expect(left(request)).toEqual(expected);
});

test('what is left out is recorded as such, and everything else stays as it is', () => {
  const [first] = selectVolumes(disks, { exclude: ['ESP'] });
  expect(first?.volumes[0]).toEqual({ ...disks[0]?.volumes[0], copied: 'none', usedBytes: 0 });
  expect(first?.volumes[1]).toEqual(disks[0]?.volumes[1]);
});

test('a word that fits nothing is an error that says what there is', () => {
  expect(() => left({ include: ['Rooot'] })).toThrow(
    expect.objectContaining({ code: 'invalid', remedy: expect.stringContaining('0:2 (Root, /)') }),
  );
  expect(() => left({ exclude: ['3'] })).toThrow(expect.objectContaining({ code: 'invalid' }));
});

test('no volume left is an error', () => {
  expect(() => left({ exclude: ['1', '2'] })).toThrow(expect.objectContaining({ code: 'invalid' }));
});

test('of a dynamic disk all is taken or nothing', () => {
  const dynamic = { diskId: 'a', groupId: 'g', groupName: 'DESK-Dg0', disks: [], volumes: [], problems: [] };
  const [first, second] = disks;
  if (first === undefined || second === undefined) throw new Error('no disks');
  const layouts = [{ ...first, dynamic }, second];
  expect(selectVolumes(layouts, { exclude: ['1:2'] })[0]?.volumes).toEqual(first.volumes);
  expect(() => selectVolumes(layouts, { exclude: ['0:1'] })).toThrow(/disk 0 is dynamic \(group DESK-Dg0\)/u);
});

const mebi = 1_048_576;
const inUse: readonly DiskInUse[] = [
  {
    path: '/dev/nvme0n1',
    mounts: [
      { mountPoint: '/', readOnly: false, offset: 2 * mebi, fileSystem: 'file-system:259:2' },
      { mountPoint: '/mnt/again', readOnly: true, offset: 2 * mebi, fileSystem: 'file-system:259:2' },
      { mountPoint: '/boot/efi', readOnly: false, offset: mebi, fileSystem: 'file-system:259:1' },
    ],
  },
  {
    path: '/dev/sdb',
    mounts: [
      { mountPoint: '/data', readOnly: false, offset: 2 * mebi, fileSystem: 'file-system:253:0' },
      { mountPoint: '/srv', readOnly: false, offset: 2 * mebi, fileSystem: 'file-system:253:1' },
      { mountPoint: 'D:\\', readOnly: false, offset: 2 * mebi, fileSystem: 'file-system:253:1' },
      { mountPoint: '/somewhere', readOnly: false },
    ],
  },
];

test.each([
  [{ exclude: ['/mnt/again'] }, ['0:1', '1:2']],
  [{ include: ['/boot/efi/'] }, ['0:1']],
  [{ include: ['/srv'] }, ['1:2']],
  [{ include: ['d:'] }, ['1:2']],
  [{ exclude: ['/dev/nvme0n1p1'] }, ['0:2', '1:2']],
  [{ include: ['/dev/sdb2'] }, ['1:2']],
])('as the machine has it in use: %j', (request, expected) => {
  const taken = selectVolumes(disks, request, inUse).flatMap(({ volumes }, disk) =>
    volumes.filter(({ copied }) => copied !== 'none').map(({ partition: number }) => `${disk}:${number}`),
  );
  expect(taken).toEqual(expected);
});

test('one of several file systems in a volume is not left out with the others unheard', () => {
  const refusal = {
    code: 'invalid',
    message: expect.stringContaining('what lies at /srv, D:\\ is in the same volume, 1:2'),
  };
  expect(() => selectVolumes(disks, { exclude: ['/data'] }, inUse)).toThrow(expect.objectContaining(refusal));
  const [first, second] = disks;
  if (first === undefined || second === undefined) throw new Error('no disks');
  const subvolumes = { ...first, volumes: first.volumes.map((each) => ({ ...each, fileSystem: 'btrfs' })) };
  expect(() => selectVolumes([subvolumes, second], { exclude: ['/'] }, inUse)).toThrow(/\/mnt\/again/u);
  expect(() => selectVolumes(disks, { exclude: ['/somewhere'] }, inUse)).toThrow(/no volume is called/u);
});
