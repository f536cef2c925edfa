import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readGrubConfiguration } from '../src/grub-configuration.js';
import { findSystems } from '../src/index.js';
import { readLoaderEntry } from '../src/loader-entry.js';
import { anyLetter } from './any-letter.js';
import { diskId, volume, type Tree } from './candidate-volumes.js';

const esp = { type: 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B' };
const need = (partition: number, role: string, disk = 0): object => ({ disk, partition, role });
const rootId = '6d3376e4-fc93-4509-95ec-a21d68011da2';
const bootId = '0f0f0f0f-0000-4000-8000-00000000b007';
/** Files that nobody can read. */
const root = volume(3, undefined, { id: rootId });

function find(...volumes: readonly ReturnType<typeof volume>[]): ReturnType<typeof findSystems> {
  const disks = new Set(volumes.map(({ disk }) => disk));
  return findSystems(
    [...disks].map(() => ({ id: diskId, scheme: 'gpt' })),
    volumes,
  );
}

const fedora = (version: string, options = `root=UUID=${rootId} ro rootflags=subvol=root rhgb quiet`): string =>
  `# comment\ntitle Fedora Linux (${version}) 39 (Workstation)\nversion ${version}\nlinux /vmlinuz-${version}\ninitrd /initramfs\noptions ${options}\n`;

test('a root into which nobody can look, a /boot with entries, and the ESP', async () => {
  const boot = volume(2, {
    'loader/entries/a-0-rescue-a.conf': fedora('0-rescue-a').replace('39', '37'),
    'loader/entries/a-6.10.3.conf': fedora('6.10.3'),
    'loader/entries/a-6.9.1.conf': fedora('6.9.1').replace('39', '38'),
    'loader/entries/readme': fedora('7').replace('39', '40'),
  });
  expect(await find(volume(1, {}, esp), boot, root, volume(4, { a: 'x' }))).toEqual([
    {
      family: 'linux',
      // Of the newest kernel, without its version.
      name: 'Fedora Linux 39 (Workstation)',
      version: undefined,
      build: undefined,
      needs: [need(3, 'boot'), need(2, 'system'), need(1, 'system')],
      startKnown: true,
      missing: [],
    },
  ]);
});

test.each([
  ['PARTUUID=aaaaaaaa-0000-4000-8000-000000000103', {}],
  ['PARTLABEL=root', { partitionName: 'root' }],
  ['LABEL=root', { label: 'root' }],
  ['/dev/nvme0n1p3', {}],
  ['/dev/disk/by-label/root', { label: 'root' }],
  [`UUID=in-it rd.luks.uuid=luks-${rootId}`, { id: rootId }],
  [`/dev/mapper/root rd.luks.name=${rootId}=root`, { id: rootId }],
  [`/dev/mapper/root cryptdevice=UUID=${rootId}:root`, { id: rootId }],
])('systemd-boot on the ESP: root=%s', async (said, names) => {
  const entry = `title Arch Linux\nlinux /vmlinuz-linux\noptions rw root=/dev/none\noptions "root=${said}"\n`;
  const start = volume(1, { 'loader/entries/arch.conf': entry }, esp);
  expect(await find(start, volume(3, undefined, names))).toMatchObject([
    { name: 'Arch Linux', needs: [need(3, 'boot'), need(1, 'system')], startKnown: true, missing: [] },
  ]);
});

test('a root that is none of these volumes is missing', async () => {
  const entry = fedora('6.1', 'root=/dev/mapper/fedora-root rd.lvm.lv=fedora/root');
  const boot = volume(2, { 'loader/entries/a.conf': entry });
  expect(await find(volume(1, {}, esp), boot, root)).toMatchObject([
    { name: 'Fedora Linux 39 (Workstation)', needs: [need(2, 'system'), need(1, 'system')], missing: ['/'] },
  ]);
});

test('of two encrypted volumes nobody knows which is the root', async () => {
  const opened = `rd.luks.uuid=luks-${rootId} rd.luks.uuid=luks-${bootId}`;
  const boot = volume(2, { 'loader/entries/a.conf': fedora('6.1', `root=/dev/mapper/vg-root ${opened}`) });
  expect(await find(boot, root, volume(4, undefined, { id: bootId }))).toMatchObject([
    { needs: [need(2, 'system')], missing: ['/'] },
  ]);
});

test('what one system mounts may be the root of another', async () => {
  const debian = volume(1, { 'etc/os-release': 'NAME=Debian', 'etc/fstab': `UUID=${rootId} /opt btrfs x 0 0` });
  expect(await find(debian, volume(2, { 'loader/entries/a.conf': fedora('6.1') }), root)).toMatchObject([
    { name: 'Debian', needs: [need(1, 'boot'), need(3, 'part')], startKnown: false },
    { name: 'Fedora Linux 39 (Workstation)', needs: [need(3, 'boot'), need(2, 'system')] },
  ]);
});

test('entries of a system that is known add what starts it, and no system', async () => {
  const files: Tree = { 'usr/lib/os-release': 'NAME=Debian', 'boot/loader/entries/a.conf': fedora('6.1') };
  const own = volume(3, files, { id: rootId });
  expect(await find(own)).toMatchObject([{ name: 'Debian', needs: [need(3, 'boot')], startKnown: true }]);
  const boot = volume(2, { 'loader/entries/a.conf': fedora('6.1') }, { disk: 1 });
  expect(await find(own, boot)).toMatchObject([
    { name: 'Debian', needs: [need(3, 'boot'), need(2, 'system', 1)], startKnown: true },
  ]);
  // What says nothing of its root is of the system that mounts it.
  const fstab = { ...files, 'etc/fstab': `UUID=${bootId} /boot ext4 x 0 2` };
  const silent = volume(2, { 'loader/entries/a.conf': fedora('6.1', '$kernelopts') }, { id: bootId });
  expect(await find(volume(3, fstab), silent)).toMatchObject([
    { name: 'Debian', needs: [need(3, 'boot'), need(2, 'system')], missing: [] },
  ]);
});

/** As update-grub makes them. */
const debianGrub = `search --no-floppy --fs-uuid --set=root ${rootId}
set timeout=5
menuentry 'Debian GNU/Linux' --class debian {
	set root='hd0,gpt2'
	if [ x$feature_platform_search_hint = xy ]; then
	  search --no-floppy --fs-uuid --set=root --hint-bios=hd0,gpt2  ${bootId}
	fi
	linux	/vmlinuz-6.1.0-13-amd64 root=UUID=${rootId} ro  quiet
}
submenu 'Advanced options for Debian GNU/Linux' {
	menuentry 'Debian GNU/Linux, with Linux 6.1.0-13-amd64' {
		search --no-floppy --fs-uuid --set=root ${bootId}
		linux	/vmlinuz-6.1.0-13-amd64 root=UUID=${rootId} ro  quiet
	}
}
menuentry 'Windows Boot Manager (on /dev/sda1)' { 
	chainloader /EFI/Microsoft/Boot/bootmgfw.efi
}
`;
const stub = (id: string, folder: string): string =>
  `search.fs_uuid ${id} root hd0,gpt2 \nset prefix=($root)'${folder}'\nconfigfile $prefix/grub.cfg\n`;

test('GRUB: its menu on /boot, and the ESP that leads there', async () => {
  const boot = volume(2, { 'grub/grub.cfg': debianGrub }, { id: bootId });
  const start = volume(1, { 'EFI/debian/grub.cfg': stub(bootId, '/grub') }, { ...esp, disk: 1 });
  expect(await find(start, root, boot)).toMatchObject([
    {
      name: 'Debian GNU/Linux',
      needs: [need(3, 'boot'), need(2, 'system'), need(1, 'system', 1)],
      startKnown: true,
      missing: [],
    },
  ]);
});

test('GRUB: a whole menu on the ESP, and another system in the menu of one', async () => {
  const linux = `linux /vmlinuz root=UUID=${rootId}`;
  const menu = `${stub(rootId, '/grub2')}menuentry "Fedora" {\n search --fs-uuid ${bootId}\n ${linux}\n}\n`;
  const boot = volume(2, undefined, { id: bootId });
  expect(await find(volume(1, { 'EFI/fedora/grub.cfg': menu }, esp), boot, root)).toMatchObject([
    { name: 'Fedora', needs: [need(3, 'boot'), need(2, 'system'), need(1, 'system')] },
  ]);
  const other = menu.replace('Fedora', 'Arch Linux (auf /dev/sda3)');
  const debian = volume(1, { 'etc/os-release': 'NAME=Debian', 'boot/grub/grub.cfg': other });
  expect(await find(debian, boot, root)).toMatchObject([
    { name: 'Debian', needs: [need(1, 'boot')] },
    { name: 'Arch Linux', needs: [need(3, 'boot'), need(2, 'system')] },
  ]);
});

test('GRUB: what the ESP alone says of a volume into which nobody can look', async () => {
  const lead = (folder: string): Promise<unknown> =>
    find(volume(1, { 'EFI/opensuse/grub.cfg': stub(rootId, folder) }, esp), root);
  expect(await lead('/@/boot/grub2')).toMatchObject([
    { name: 'Linux', needs: [need(3, 'boot'), need(1, 'system')], startKnown: true, missing: [] },
  ]);
  expect(await lead('/grub2')).toMatchObject([
    { name: 'Linux', needs: [need(3, 'system'), need(1, 'system')], missing: ['/'] },
  ]);
  expect(await find(volume(1, { 'EFI/old/grub.cfg': stub('1234-ABCD', '/boot/grub') }, esp), root)).toEqual([]);
});

test('GRUB: what is started of a medium, from a disk with no name, or with the files of anybody, is no system', async () => {
  const menus = [
    'menuentry "Try Ubuntu" {\n linux /casper/vmlinuz quiet\n}',
    'menuentry "Fedora" {\n linux /vmlinuz root=live:CDLABEL=F39\n}',
    `menuentry "Custom" {\n set root=(hd1,1)\n linux /vmlinuz root=UUID=${rootId}\n}`,
    `menuentry "Gone" {\n search --fs-uuid --set=root 77777777-0000\n linux /vmlinuz root=UUID=${rootId}\n}`,
  ];
  for (const menu of menus) expect(await find(volume(2, { 'grub/grub.cfg': menu }), root)).toEqual([]);
  const path = fedora('6.1', 'root=/dev/sda4');
  expect(await find(volume(2, { 'loader/entries/a.conf': path }), volume(4, { a: 'x' }))).toMatchObject([
    { needs: [need(2, 'system')], missing: ['/'] },
  ]);
});

test('partitions that systemd mounts by their type, and those that hold no part of a system', async () => {
  const types = {
    var: '4d21b016-b534-45c2-a9fb-5c16e091fd2d',
    usr: '8484680c-9521-48c6-9c11-b0720656f69e',
    home: '933ac7e1-2eb4-4f13-b844-0e14e2aef915',
    srv: '3b8f8425-20e0-4f3b-907f-1a25a76f98e8',
    boot: 'ea',
  };
  const typed = Object.values(types).map((type, index) => volume(index + 4, {}, { type }));
  const files = { 'etc/os-release': 'NAME=Debian', 'etc/fstab': 'tmpfs /var tmpfs x 0 0' };
  const parts = [need(5, 'part'), need(8, 'system')];
  expect((await find(volume(1, { 'etc/os-release': 'x' }), ...typed))[0]?.needs).toEqual([
    need(1, 'boot'),
    need(4, 'part'),
    ...parts,
  ]);
  // By its table another one is there.
  expect((await find(volume(1, files), ...typed))[0]?.needs).toEqual([need(1, 'boot'), ...parts]);
  const boot = volume(2, { 'loader/entries/a.conf': fedora('6.1') });
  expect((await find(boot, root, ...typed))[0]?.needs).toEqual([
    need(3, 'boot'),
    need(2, 'system'),
    need(4, 'part'),
    ...parts,
  ]);
});

test('of very many entries, and of very long ones, only some are read', async () => {
  const ids = Array.from({ length: 80 }, (_, index) => `id-${index}`);
  const many = Object.fromEntries(ids.map((id) => [`loader/entries/${id}.conf`, fedora('6', `root=UUID=${id}`)]));
  const roots = ids.map((id, index) => volume(index + 10, undefined, { id }));
  const menu = `menuentry A {\n linux /vmlinuz root=UUID=${rootId}\n}`;
  expect(await find(volume(1, { ...many, 'grub/grub.cfg': menu }, esp), root, ...roots)).toHaveLength(64);
  const empty = Object.fromEntries(ids.slice(0, 64).map((id) => [`loader/entries/${id}.conf`, '#']));
  expect(await find(volume(1, { ...empty, 'loader/entries/z.conf': fedora('6') }, esp), root)).toEqual([]);
  const long = { 'loader/entries/a.conf': fedora('6').padEnd(64 * 1024 + 1, '#') };
  expect(await find(volume(1, long, esp), root)).toEqual([]);
  const leading = { 'EFI/a/grub.cfg': stub(rootId, '/boot/grub').padEnd(64 * 1024 + 1, '#') };
  expect(await find(volume(1, leading, esp), root)).toEqual([]);
});

test('anything may stand in entries and configurations', () => {
  const marks = [
    'title',
    'version',
    'linux',
    'options',
    'root=',
    'UUID=',
    'menuentry',
    'search',
    '--fs-uuid',
    "'",
    '"',
  ];
  const more = ['set root=', 'set prefix=($root)', '/boot/grub', 'rd.luks.uuid=', '{', '}', ' ', '\n', rootId];
  const words = fc.constantFrom(...marks, ...more, ' ', '\n');
  const texts = fc.array(fc.oneof(words, fc.string({ unit: anyLetter })), { maxLength: 60 }).map((all) => all.join(''));
  return fc.assert(
    fc.asyncProperty(texts, async (text) => {
      readLoaderEntry(text);
      expect(readGrubConfiguration(text, 3).length).toBeLessThanOrEqual(3);
      const files = { 'loader/entries/a.conf': text, 'EFI/a/grub.cfg': text, 'grub/grub.cfg': text };
      for (const { needs } of await find(volume(1, files, esp), root)) expect(needs.length).toBeGreaterThan(0);
    }),
  );
});

test('a hostile text takes no time', () => {
  const size = 60_000;
  for (const text of ['linux '.repeat(size), "menuentry '".repeat(size), `set prefix=(${'/boot'.repeat(size)}`]) {
    readLoaderEntry(text);
    readGrubConfiguration(`search --fs-uuid ${rootId}\n${text}`, 64);
    readGrubConfiguration(
      `menuentry ${' '.repeat(size)}\nsearch ${'a-'.repeat(size)}\nlinux ${'rd.luks.uuid='.repeat(size)}`,
      64,
    );
  }
});
