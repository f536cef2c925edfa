// The Debian packages that tests of real disks need, and their installation. As root: `node test/debian-packages.mjs`.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

/** Each name with the reason it is here. */
export const debianPackages = [
  ['attr', 'setfattr: marks folders on NTFS whose files are compressed'],
  ['btrfs-progs', 'mkfs.btrfs and btrfs check: makes and judges Btrfs volumes'],
  ['ceph-common', 'ceph: sets up the S3 server of the tests'],
  ['ceph-mon', 'the monitor of that server'],
  ['ceph-osd', 'the store of that server, in memory'],
  ['cryptsetup-bin', 'cryptsetup: LUKS volumes, which must be recognised, and read while they are unlocked'],
  ['dosfstools', 'mkfs.fat and fsck.fat: makes and judges FAT volumes'],
  ['e2fsprogs', 'mkfs.ext4 and e2fsck: makes and judges ext volumes'],
  ['efibootmgr', 'writes entries of the firmware, which we read'],
  ['exfat-fuse', 'mount.exfat-fuse: files on exFAT volumes without a kernel driver'],
  ['exfatprogs', 'mkfs.exfat and fsck.exfat: makes and judges exFAT volumes'],
  ['fdisk', 'sfdisk: writes partition tables, and says how it reads ours'],
  ['fuse3', 'fusermount: takes down what ntfs-3g and vhdimount put up'],
  ['gdisk', 'sgdisk -v: the strictest judge of a GPT'],
  ['ldmtool', 'ldmtool: a second reader of dynamic disks'],
  ['libarchive-tools', 'bsdtar: reads our discs without sharing any code with us'],
  ['libhivex-bin', 'hivexml: reads the registry hives of our tests'],
  ['libvhdi-utils', 'vhdimount: reads our VHDs and VHDXs without sharing any code with us'],
  ['libxml2-utils', 'xmllint: reads our JUnit reports'],
  ['lvm2', 'lvm: logical volumes, which must be recognised, and read while they are active'],
  ['mdadm', 'mdadm: RAID of Linux, as a real kernel shows it, and mirrors'],
  ['mount', 'losetup and mount: volumes inside disk images'],
  ['mtools', 'mcopy and mdel: files on FAT volumes without a kernel driver'],
  ['ntfs-3g', 'mkntfs, ntfs-3g, ntfsfix, ntfsinfo: makes, mounts and judges NTFS volumes'],
  ['p7zip-full', '7z: reads our VHDs, VHDXs and discs without sharing any code with us'],
  ['qemu-system-common', 'qemu-storage-daemon: disks with sectors that cannot be read'],
  ['qemu-system-x86', 'virtual machines: start restored disks, and do what the kernel of this machine cannot'],
  [
    'qemu-utils',
    'qemu-img and qemu-io: read our VHDs and VHDXs without sharing any code with us, and write foreign ones',
  ],
  ['radosgw', 'a real S3 server'],
  ['samba', 'smbd: a real SMB server'],
  ['udftools', 'udfinfo: reads our discs without sharing any code with us'],
  ['util-linux', 'blkid, mkswap and swaplabel: names volumes, makes and judges swap space'],
  ['xfsprogs', 'mkfs.xfs and xfs_repair: makes and judges XFS volumes'],
  ['xorriso', 'reads our discs without sharing any code with us'],
];

/** What `npm run bench -- --install` fetches in addition. */
export const benchmarkPackages = [
  ['borgbackup', 'borg: what others take for the same work'],
  ['partclone', 'partclone.ntfs: the same'],
  ['restic', 'the same'],
];

/** What virtual machines are made of. These are unpacked below `unpackedFolder`, and never installed. */
const unpackedPackages = [
  ['busybox-static', 'all that a guest needs to run a script'],
  ['extlinux', 'makes a disk that a BIOS starts'],
  ['linux-image-cloud-amd64', 'a kernel with LVM, LUKS, ISO 9660, UDF and CIFS that starts within seconds'],
  ['ovmf', 'UEFI firmware'],
];

/** Beside what other tools keep; as long as it is there, nothing is downloaded again. */
const unpackedFolder = join(import.meta.dirname, '../node_modules/.cache/virtual-machines');

/** Names of the packages that dpkg does not have. */
export function missingPackages(packages = debianPackages) {
  const names = packages.map(([name]) => name);
  const { stdout, error } = spawnSync('dpkg-query', ['-W', '-f=${Package} ${Status}\\n', ...names], {
    encoding: 'utf8',
  });
  if (error) return names;
  const installed = new Set(stdout.split('\n').map((line) => /^(\S+) install ok installed$/u.exec(line)?.[1]));
  return names.filter((name) => !installed.has(name));
}

/** Installs and unpacks what is missing. Returns a sentence for people when that cannot be done here. */
export function installMissingPackages() {
  return installMissing() ?? unpackMissing();
}

/** Installs what the benchmark is compared with. Returns as above. */
export function installBenchmarkPackages() {
  return installMissing([...debianPackages, ...benchmarkPackages]);
}

function installMissing(packages = debianPackages) {
  const missing = missingPackages(packages);
  if (missing.length === 0) return undefined;
  if (process.getuid?.() !== 0) {
    return `The tests of real disks need packages that are not here. Run:\n\n  sudo apt-get install --no-install-recommends ${missing.join(' ')}\n`;
  }
  process.stderr.write(`Installing ${missing.join(' ')}\n`);
  return withoutDaemons(() => {
    const lock = ['-o', 'DPkg::Lock::Timeout=600'];
    return aptGet([...lock, 'update']) ?? aptGet([...lock, 'install', '-y', '--no-install-recommends', ...missing]);
  });
}

function unpackMissing() {
  const names = unpackedPackages.map(([name]) => name);
  const list = join(unpackedFolder, 'packages.txt');
  if (existsSync(list) && readFileSync(list, 'utf8') === names.join('\n')) return undefined;
  process.stderr.write(`Unpacking ${names.join(' ')}\n`);
  mkdirSync(join(unpackedFolder, '..'), { recursive: true });
  const folder = mkdtempSync(`${unpackedFolder}-`);
  try {
    const complaint = download(names, folder) ?? unpack(folder);
    if (complaint !== undefined) return complaint;
    writeFileSync(join(folder, 'packages.txt'), names.join('\n'));
    rmSync(unpackedFolder, { recursive: true, force: true });
    renameSync(folder, unpackedFolder);
    return undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function download(names, folder) {
  const get = () => aptGet(['download', ...names.map(realName)], folder);
  // On a fresh system apt knows of no packages yet, and on an old one those that it knows are gone.
  return get() === undefined ? undefined : (aptGet(['update']) ?? get());
}

/** A package without files stands for the one that it depends on: the kernel of today. */
function realName(name) {
  if (!name.startsWith('linux-image-')) return name;
  const { stdout } = spawnSync('apt-cache', ['depends', '--important', name], { encoding: 'utf8' });
  return /^ +Depends: (linux-image-\S+)$/mu.exec(stdout ?? '')?.[1] ?? name;
}

function unpack(folder) {
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.deb'))) {
    const { status, stderr } = spawnSync('dpkg', ['-x', join(folder, file), folder], { encoding: 'utf8' });
    if (status !== 0) return `${file} cannot be unpacked: ${stderr ?? ''}`;
    rmSync(join(folder, file));
  }
  return undefined;
}

function aptGet(arguments_, cwd) {
  const { status, stdout, stderr } = spawnSync('apt-get', arguments_, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return status === 0 ? undefined : `apt-get ${arguments_.join(' ')} failed:\n${stdout ?? ''}${stderr ?? ''}`;
}

/** A package with a daemon must not leave it running: policy-rc.d is how Debian is told so. */
function withoutDaemons(work) {
  const policy = '/usr/sbin/policy-rc.d';
  if (existsSync(policy)) return work();
  writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    return work();
  } finally {
    rmSync(policy, { force: true });
  }
}

if (process.argv[1] === import.meta.filename) {
  const complaint = installMissingPackages();
  if (complaint !== undefined) process.stderr.write(`${complaint}\n`);
  process.exitCode = complaint === undefined ? 0 : 1;
}
