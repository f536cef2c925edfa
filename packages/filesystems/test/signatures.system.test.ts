import { writeFileSync } from 'node:fs';
import { afterAll, expect, test } from '@jest/globals';
import { Machine, mebibyte, readImage, run } from './machine.js';

const machine = new Machine();
afterAll(() => machine[Symbol.dispose]());

const onLoop = (image: string, use: (device: string) => void) => {
  const device = run('losetup', '-f', '--show', image).trim();
  try {
    use(device);
  } finally {
    run('losetup', '-d', device);
  }
};

const key = () => {
  const path = machine.path('key');
  writeFileSync(path, 'a passphrase');
  return path;
};

const made: readonly (readonly [type: string, make: (image: string) => void])[] = [
  ['luks', (image) => run('cryptsetup', 'luksFormat', '-q', '--pbkdf', 'pbkdf2', '--label', 'a label', image, key())],
  ['luks', (image) => run('cryptsetup', 'luksFormat', '-q', '--type', 'luks1', image, key())],
  [
    'lvm',
    (image) =>
      onLoop(image, (device) =>
        run('pvcreate', '-q', '--config', `devices { filter=["a|${device}|","r|.*|"] }`, device),
      ),
  ],
];

const names: Readonly<Record<string, string>> = { crypto_LUKS: 'luks', LVM2_member: 'lvm' };

test.each(made)('%s: type, id and label as blkid has them', async (type, make) => {
  const image = machine.image(400 * mebibyte);
  make(image);
  const blkid = (tag: string) => run('blkid', '-p', '-o', 'value', '-s', tag, image).trim() || undefined;
  const found = await readImage(image);
  const blkidType = blkid('TYPE') ?? '';
  expect(names[blkidType] ?? blkidType).toBe(type);
  expect(found).toMatchObject({
    type,
    id: blkid('UUID'),
    label: blkid('LABEL'),
    allocated: undefined,
    noMapReason: 'its allocation map is not read here',
  });
});

test('what formatting over leaves behind is not taken for a second file system', async () => {
  const image = machine.image(400 * mebibyte);
  const again: readonly (readonly [string, readonly string[]])[] = [
    ['ntfs', ['mkntfs', '-FqQ']],
    ['ext4', ['mke2fs', '-Fq', '-t', 'ext4']],
    ['fat32', ['mkfs.vfat', '-F', '32']],
    ['ext4', ['mke2fs', '-Fq', '-t', 'ext4']],
    ['ntfs', ['mkntfs', '-FqQ']],
    ['fat32', ['mkfs.vfat', '-F', '32']],
    ['ntfs', ['mkntfs', '-FqQ']],
  ];
  for (const [type, [command = '', ...options]] of again) {
    run(command, ...options, image);
    expect(await readImage(image)).toMatchObject({ type, state: 'clean', noMapReason: undefined });
  }
});
