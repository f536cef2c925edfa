import { expect, test } from '@jest/globals';
import { FormatError } from '@sysimage/bytes';
import type { Files } from '@sysimage/filesystems';
import { makeBootHive, makeSoftwareHive, recoveryText, type BootDevicePlan } from '@sysimage/fixtures';
import { findSystems, type CandidateDisk, type CandidateVolume } from '../src/index.js';
import { diskId, onGpt, onMbr, volume, type Tree } from './candidate-volumes.js';

const esp = 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B';
const recoveryType = 'DE94BBA4-06D1-4D40-A16A-BFD50179D6AC';
const gpt: CandidateDisk = { id: diskId, scheme: 'gpt' };
const mbr: CandidateDisk = { id: '1234abcd', scheme: 'mbr' };

const boot = (...devices: readonly BootDevicePlan[]): Uint8Array =>
  makeBootHive(
    devices.map((device, i) => ({ id: `{11111111-1482-11e2-90a1-00505698000${i}}`, title: 'Windows', device })),
  );
const windows = (name = 'Windows 10 Pro', build = '19045'): Tree => ({
  'Windows/System32/config/SOFTWARE': makeSoftwareHive({
    ProductName: name,
    CurrentBuildNumber: build,
    CurrentVersion: '6.3',
    DisplayVersion: '22H2',
  }),
});
const need = (partition: number, role: string): object => ({ disk: 0, partition, role });

test('UEFI: the ESP starts it, and recovery lies apart', async () => {
  const volumes = [
    volume(1, { 'EFI/Microsoft/Boot/BCD': boot(onGpt(3)) }, { type: esp }),
    volume(3, {
      ...windows(),
      'Windows/System32/Recovery/ReAgent.xml': recoveryText({ offset: 4 * 2 ** 20, diskId }),
    }),
    volume(4, { 'Recovery/WindowsRE/Winre.wim': 'x' }, { type: recoveryType }),
    volume(5, { 'photos/a.jpg': 'x' }),
  ];
  expect(await findSystems([gpt], volumes)).toEqual([
    {
      family: 'windows',
      name: 'Windows 10 Pro',
      version: '22H2',
      build: 19_045,
      needs: [need(3, 'boot'), need(1, 'system'), need(4, 'recovery')],
      startKnown: true,
      missing: [],
    },
  ]);
});

test('recovery by the type of its partition, when nothing is written down, and inside the own volume', async () => {
  const re = { 'Recovery/WindowsRE/Winre.wim': 'x' };
  const system = volume(1, { 'EFI/Microsoft/Boot/BCD': boot(onGpt(3)) }, { type: esp });
  const apart = await findSystems([gpt], [system, volume(3, windows()), volume(4, re, { type: recoveryType })]);
  expect(apart[0]?.needs).toContainEqual(need(4, 'recovery'));
  const inside = await findSystems([gpt], [system, volume(3, { ...windows(), ...re })]);
  expect(inside[0]?.needs).toEqual([need(3, 'boot'), need(1, 'system'), need(3, 'recovery')]);
});

test('BIOS: with a system partition, and without one', async () => {
  const reserved = volume(1, { bootmgr: 'x', 'Boot/BCD': boot(onMbr(2)) }, { active: true, type: '07' });
  const found = await findSystems([mbr], [reserved, volume(2, windows('Windows 7 Home', '7601'), { type: '07' })]);
  expect(found).toMatchObject([
    { name: 'Windows 7 Home', build: 7601, needs: [need(2, 'boot'), need(1, 'system')], startKnown: true },
  ]);
  const alone = volume(1, { ...windows(), 'Boot/BCD': boot(onMbr(1)) }, { active: true, type: '07' });
  expect((await findSystems([mbr], [alone]))[0]?.needs).toEqual([need(1, 'boot'), need(1, 'system')]);
});

test('two systems: each needs what starts it, and the earlier one is on the volume that starts both', async () => {
  const earlier = volume(
    1,
    { ...windows('Windows 7 Home', '7601'), 'Boot/BCD': boot(onMbr(2), onMbr(1)) },
    { active: true },
  );
  const later = volume(2, windows());
  expect(await findSystems([mbr], [earlier, later])).toMatchObject([
    { build: 7601, needs: [need(1, 'boot'), need(1, 'system')] },
    { build: 19_045, needs: [need(2, 'boot'), need(1, 'system')] },
  ]);
});

test('an XP is started by the active partition of its disk', async () => {
  const xp = volume(2, {
    'WINDOWS/system32/config/software': makeSoftwareHive({
      ProductName: 'Microsoft Windows XP',
      CSDVersion: 'Service Pack 3',
    }),
  });
  const active = volume(1, { ntldr: 'x', 'boot.ini': 'x' }, { active: true });
  expect(await findSystems([mbr], [active, xp])).toMatchObject([
    {
      name: 'Microsoft Windows XP',
      version: 'Service Pack 3',
      build: undefined,
      needs: [need(2, 'boot'), need(1, 'system')],
    },
  ]);
});

test('another disk with the same places is not meant', async () => {
  const volumes = [
    volume(1, { 'Boot/BCD': boot({ scheme: 'mbr', signature: 0x77, start: 2 * 2 ** 20 }) }, { active: true }),
    volume(2, windows()),
  ];
  expect(await findSystems([mbr], volumes)).toMatchObject([{ needs: [need(2, 'boot')], startKnown: false }]);
});

test('a boot configuration that cannot be read may start whatever is on its disk', async () => {
  const broken = volume(1, { 'Boot/BCD': 'no hive' }, { active: true });
  expect(await findSystems([mbr], [broken, volume(2, windows())])).toMatchObject([
    { needs: [need(2, 'boot'), need(1, 'system')], startKnown: true },
  ]);
});

test('Linux: what its table of mounts says, and the ESP', async () => {
  const root = volume(2, {
    'usr/lib/os-release': 'NAME="Debian GNU/Linux"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\n',
    'etc/fstab': `# comment
UUID=aaaa-bbbb / ext4 errors=remount-ro 0 1
UUID="CCCC-DDDD" /boot ext4 defaults 0 2
/dev/nvme0n1p4 /var ext4 defaults 0 2
LABEL=stuff /srv ext4 defaults 0 2
server:/exports/usr /usr nfs defaults 0 0
`,
  });
  const volumes = [
    volume(1, {}, { type: esp.toLowerCase() }),
    root,
    volume(3, {}, { id: 'cccc-dddd' }),
    volume(4, {}),
    volume(5, {}, { label: 'stuff' }),
  ];
  expect(await findSystems([gpt], volumes)).toEqual([
    {
      family: 'linux',
      name: 'Debian GNU/Linux 12 (bookworm)',
      version: '12',
      build: undefined,
      needs: [need(2, 'boot'), need(3, 'system'), need(4, 'part'), need(1, 'system')],
      startKnown: true,
      missing: [],
    },
  ]);
});

test('a small Linux has its loader inside, or none that anybody finds', async () => {
  const files = { 'etc/os-release': "NAME='Alpine Linux'" };
  expect(await findSystems([mbr], [volume(1, { ...files, 'boot/extlinux/extlinux.conf': '' })])).toMatchObject([
    { name: 'Alpine Linux', needs: [need(1, 'boot')], startKnown: true },
  ]);
  expect(await findSystems([mbr], [volume(1, files)])).toMatchObject([{ startKnown: false }]);
});

test('what is broken is passed over; what the disk refuses is not', async () => {
  const failing = (error: Error): Files => ({
    find: () => Promise.reject(error),
    list: () => Promise.reject(error),
    read: () => Promise.reject(error),
  });
  const data = volume(1, { 'etc/fstab': 'x' });
  const withError = (error: Error): readonly CandidateVolume[] => [
    data,
    volume(2, undefined, { files: failing(error) }),
  ];
  expect(await findSystems([mbr], withError(new FormatError('corrupt', 'broken')))).toEqual([]);
  await expect(findSystems([mbr], withError(new Error('EIO')))).rejects.toThrow('EIO');
});

test('Linux: paths of udev, a /boot of its own type, and a /boot that is nowhere', async () => {
  const release = { 'usr/lib/os-release': 'NAME=Ubuntu' };
  const ubuntu = volume(2, {
    ...release,
    'etc/fstab': '/dev/disk/by-uuid/AAAA /boot ext4 defaults 0 2\n/dev/disk/by-label/my\\x20var /var ext4 x 0 2',
  });
  const found = await findSystems([mbr], [ubuntu, volume(3, {}, { id: 'aaaa' }), volume(4, {}, { label: 'my var' })]);
  expect(found).toMatchObject([{ needs: [need(2, 'boot'), need(3, 'system'), need(4, 'part')], startKnown: true }]);
  const byType = { type: 'bc13c2ff-59e6-4262-a352-b275fd6f7172' };
  expect(await findSystems([gpt], [volume(2, release), volume(3, {}, byType)])).toMatchObject([
    { needs: [need(2, 'boot'), need(3, 'system')], startKnown: true },
  ]);
  const nowhere = volume(2, { ...release, 'etc/fstab': 'UUID=7 /boot ext4 defaults 0 2', 'boot/grub/grub.cfg': '' });
  expect(await findSystems([gpt], [nowhere, volume(1, {}, { type: esp })])).toMatchObject([{ missing: ['/boot'] }]);
  // The same number on another disk is another partition.
  const other = volume(5, {}, { disk: 1 });
  const byPath = volume(2, { ...release, 'etc/fstab': '/dev/sda5 /opt ext4 defaults 0 2' });
  expect((await findSystems([mbr, gpt], [byPath, other]))[0]?.needs).toEqual([need(2, 'boot')]);
  expect((await findSystems([mbr], [byPath, volume(5, {})]))[0]?.needs).toContainEqual(need(5, 'part'));
});

test('Windows 11 says 10 of itself; before 20H2 the version has another name', async () => {
  const software = (facts: Readonly<Record<string, string>>): Tree => ({
    'Windows/System32/config/SOFTWARE': makeSoftwareHive({
      ProductName: 'Windows 10 Pro',
      CurrentVersion: '6.3',
      ...facts,
    }),
  });
  expect(await findSystems([mbr], [volume(1, software({ CurrentBuildNumber: '22631' }))])).toMatchObject([
    { name: 'Windows 11 Pro', version: '6.3' },
  ]);
  expect(
    await findSystems([mbr], [volume(1, software({ CurrentBuildNumber: '18363', ReleaseId: '1909' }))]),
  ).toMatchObject([{ name: 'Windows 10 Pro', version: '1909' }]);
});

test('XP beside Windows 7: one volume starts both', async () => {
  const active = volume(1, { ntldr: 'x', 'Boot/BCD': boot(onMbr(3)) }, { active: true });
  const xp = volume(2, {
    'WINDOWS/system32/config/software': makeSoftwareHive({ ProductName: 'Microsoft Windows XP' }),
  });
  expect(await findSystems([mbr], [active, xp, volume(3, windows())])).toMatchObject([
    { name: 'Microsoft Windows XP', needs: [need(2, 'boot'), need(1, 'system')] },
    { name: 'Windows 10 Pro', needs: [need(3, 'boot'), need(1, 'system')] },
  ]);
  const elsewhere = volume(1, { ntldr: 'x' }, { active: true, disk: 1 });
  expect((await findSystems([mbr, mbr], [elsewhere, xp]))[0]?.needs).toEqual([need(2, 'boot')]);
});

test('a configuration without loaders may start anything of its disk', async () => {
  const found = await findSystems([mbr], [volume(1, { 'Boot/BCD': boot() }, { active: true }), volume(2, windows())]);
  expect(found).toMatchObject([{ needs: [need(2, 'boot'), need(1, 'system')], startKnown: true }]);
});

test('recovery on an MBR disk is named by its signature, also one that begins with a zero', async () => {
  const text = recoveryText({ offset: 4 * 2 ** 20, diskId: '00000000-0000-0000-0000-000000000000' }).replace(
    ' id="0" offset',
    ` id="${0x00ab_cdef}" offset`,
  );
  const own = volume(2, { ...windows(), 'Windows/System32/Recovery/ReAgent.xml': text });
  const volumes = [own, volume(4, {}, { disk: 1 }), volume(4, {}, { disk: 2 })];
  const disks: readonly CandidateDisk[] = [gpt, { id: '00000001', scheme: 'mbr' }, { id: '00abcdef', scheme: 'mbr' }];
  expect((await findSystems(disks, volumes))[0]?.needs).toContainEqual({ disk: 2, partition: 4, role: 'recovery' });
});

test('a hostile text takes no time', async () => {
  const text = '<WinreLocation '.repeat(60_000);
  const own = volume(2, { ...windows(), 'Windows/System32/Recovery/ReAgent.xml': text });
  expect((await findSystems([mbr], [own]))[0]?.needs).toEqual([need(2, 'boot')]);
});

test('Linux: a Raspberry Pi, whose table names partitions of an MBR', async () => {
  const fstab = 'PARTUUID=1234abcd-02 / ext4 noatime 0 1\nPARTUUID=1234ABCD-01 /boot/firmware vfat defaults 0 2\n';
  const pi = volume(2, { 'etc/os-release': 'NAME=Raspbian', 'etc/fstab': fstab }, { partitionId: '1234abcd-02' });
  const firmware = volume(1, {}, { partitionId: '1234abcd-01', type: '0C' });
  expect(await findSystems([mbr], [firmware, pi])).toMatchObject([
    { name: 'Raspbian', needs: [need(2, 'boot'), need(1, 'system')], startKnown: true },
  ]);
});

test('Linux: names of partitions and volumes with spaces, and what starts a machine with BIOS', async () => {
  const fstab = [
    'LABEL=my\\040boot /boot ext4 x 0 2',
    'PARTLABEL="system\\040var" /var ext4 x 0 2',
    '/dev/disk/by-partlabel/system\\x20opt /opt ext4 x 0 2',
    '/dev/xvda6 /usr ext4 x 0 2',
  ];
  const root = volume(2, { 'etc/os-release': 'NAME=Debian', 'etc/fstab': fstab.join('\n') });
  const volumes = [
    volume(1, {}, { type: '21686148-6449-6e6f-744e-656564454649' }),
    root,
    volume(3, {}, { label: 'my boot' }),
    volume(4, {}, { partitionName: 'system var' }),
    volume(5, {}, { partitionName: 'system opt' }),
    volume(6, {}),
  ];
  expect((await findSystems([gpt], volumes))[0]?.needs).toEqual([
    need(2, 'boot'),
    need(3, 'system'),
    need(4, 'part'),
    need(5, 'part'),
    need(6, 'part'),
    need(1, 'system'),
  ]);
});

test('Linux: of a disk and its copy each has its own volumes', async () => {
  const files = { 'etc/os-release': 'NAME=Debian', 'etc/fstab': 'UUID=b /boot ext4 x 0 2' };
  const volumes = [0, 1].flatMap((disk) => [volume(1, {}, { disk, id: 'b' }), volume(2, files, { disk })]);
  expect((await findSystems([gpt, gpt], volumes)).map(({ needs }) => needs)).toEqual(
    [0, 1].map((disk) => [
      { disk, partition: 2, role: 'boot' },
      { disk, partition: 1, role: 'system' },
    ]),
  );
});

test.each([
  ['UUID=not-there /var ext4 x 0 2', ['/var']],
  ['/dev/mapper/pool-usr /usr ext4 x 0 2', ['/usr']],
  ['tmpfs /var tmpfs x 0 0', []],
  ['/efi/EFI/arch /boot none bind 0 0', []],
])('Linux: a part of it that was not found is not passed over: %s', async (line, missing) => {
  const root = volume(1, { 'etc/os-release': 'NAME=Debian', 'etc/fstab': line, 'boot/grub/grub.cfg': '' });
  expect(await findSystems([gpt], [root])).toMatchObject([{ needs: [need(1, 'boot')], startKnown: true, missing }]);
});
