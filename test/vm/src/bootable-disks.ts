import { chmod, copyFile, mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDisk, run, withVolume, type Disk } from '@sysimage/fixtures';
import { kernelParameters } from './guest.js';
import { makeInitramfs, type GuestSystem } from './initramfs.js';
import { parts } from './parts.js';

const mebi = 1024 * 1024;

export interface BootableDiskSpec {
  readonly size: number;
  /** What it runs when it is started. */
  readonly system: GuestSystem;
  /** Puts more on its ext4 volume, which a guest sees as `/dev/vda1` with BIOS and `/dev/vda2` with UEFI. */
  readonly fill: (folder: string) => Promise<void>;
}

/** An MBR disk that a BIOS starts: boot code, an active ext4 volume, extlinux, a kernel. */
export async function makeBiosDisk(path: string, { size, system, fill }: BootableDiskSpec): Promise<Disk> {
  // What extlinux reads; it knows no block numbers of 64 bits.
  const options = ['-O', '^64bit,^metadata_csum'];
  const disk = await makeDisk(path, {
    table: 'mbr',
    size,
    partitions: [{ type: 'ext4', label: 'system', active: true, options }],
  });
  const { extlinux, masterBootCode } = parts();
  await withVolume(disk, 1, async (folder) => {
    const boot = join(folder, 'boot');
    await mkdir(boot);
    await putKernel(boot, system);
    await writeFile(
      join(boot, 'extlinux.conf'),
      `DEFAULT linux\nLABEL linux\n  LINUX vmlinuz\n  INITRD initrd.img\n  APPEND ${kernelParameters}\n`,
    );
    await fill(folder);
    await run(extlinux, '--install', boot);
    // So that no backup and no copy changes what extlinux has listed by its blocks.
    await run('sync', '--file-system', folder);
  });
  const file = await open(path, 'r+');
  try {
    const code = await readFile(masterBootCode);
    await file.write(code, 0, Math.min(code.length, 440), 0);
  } finally {
    await file.close();
  }
  return disk;
}

/** A GPT disk that UEFI starts: a FAT32 system partition with a kernel and what tells the firmware's shell to start it, an ext4 volume. */
export async function makeUefiDisk(path: string, { size, system, fill }: BootableDiskSpec): Promise<Disk> {
  const disk = await makeDisk(path, {
    table: 'gpt',
    size,
    partitions: [
      { type: 'fat32', size: 64 * mebi, label: 'ESP', tableType: 'U' },
      { type: 'ext4', label: 'system' },
    ],
  });
  await withVolume(disk, 1, async (folder) => {
    await putKernel(folder, system);
    await writeFile(join(folder, 'startup.nsh'), `vmlinuz initrd=\\initrd.img ${kernelParameters}\r\n`);
  });
  await withVolume(disk, 2, fill);
  return disk;
}

async function putKernel(folder: string, system: GuestSystem): Promise<void> {
  await copyFile(parts().kernel, join(folder, 'vmlinuz'));
  await chmod(join(folder, 'vmlinuz'), 0o644);
  await writeFile(join(folder, 'initrd.img'), await makeInitramfs(system));
}
