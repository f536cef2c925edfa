import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeInitramfs, type GuestSystem } from './initramfs.js';
import { parts } from './parts.js';
import { runMachine, type GuestEnd } from './run-machine.js';

/** A file that a guest sees as a device. */
export interface GuestDisk {
  readonly path: string;
  /** As qemu calls it: `vpc` is VHD. */
  readonly format: 'raw' | 'vpc' | 'vhdx';
  /** A disc in a drive (`/dev/sr0`…) instead of a disk (`/dev/vda`…). */
  readonly disc?: boolean;
  /** What the guest writes is lost when it ends, and the file stays as it is. */
  readonly discardWrites?: boolean;
}

export interface GuestJob extends GuestSystem {
  readonly disks?: readonly GuestDisk[];
  /** The guest is 10.0.2.15, and reaches the loopback interface of this machine as 10.0.2.2. */
  readonly network?: boolean;
  /** MiB: 384 unless told. */
  readonly memory?: number;
  /** Milliseconds: a minute and a half unless told. */
  readonly timeLimit?: number;
}

export interface BootJob {
  readonly firmware: 'bios' | 'uefi';
  /** The first one is booted. */
  readonly disks: readonly GuestDisk[];
  readonly timeLimit?: number;
}

const usualLimit = 90_000;
const usualMemory = 384;

/** Boots a kernel with a system of busybox that runs the script, and gives what became of it. */
export async function runInGuest(job: GuestJob): Promise<GuestEnd> {
  const { disks = [], network = false, memory = usualMemory, timeLimit = usualLimit } = job;
  const initramfs = await makeInitramfs(network ? withNetwork(job) : job);
  return inFolder(async (folder) => {
    const path = join(folder, 'initramfs');
    await writeFile(path, initramfs);
    const kernel = ['-kernel', parts().kernel, '-initrd', path, '-append', kernelParameters];
    const card = network ? ['-nic', 'user,model=virtio-net-pci,ipv6=off'] : [];
    const words = ['-m', String(memory), ...kernel, ...card, ...driveWords(disks)];
    return runMachine({ words, log: join(folder, 'serial'), timeLimit });
  });
}

function withNetwork({ script, modules = [], ...system }: GuestSystem): GuestSystem {
  const address = 'wait_for /sys/class/net/eth0; ifconfig lo 127.0.0.1; ifconfig eth0 10.0.2.15 netmask 255.255.255.0';
  return { ...system, script: `${address}\n${script}`, modules: ['virtio_net', ...modules] };
}

/** Starts a virtual machine as a real one is started: by what lies on its first disk. That must run a script of `makeInitramfs`. */
export async function bootFromDisk({ firmware, disks, timeLimit = usualLimit }: BootJob): Promise<GuestEnd> {
  return inFolder(async (folder) => {
    const flash = firmware === 'uefi' ? await uefiWords(folder) : [];
    const words = ['-m', String(usualMemory), ...flash, ...driveWords(disks)];
    return runMachine({ words, log: join(folder, 'serial'), timeLimit });
  });
}

/**
 * For the command line of a kernel whose script is to be heard. A panic ends the machine. On a busy machine an emulated timer may come
 * too late for the kernel's check of it.
 */
export const kernelParameters = 'console=ttyS0 loglevel=5 panic=-1 no_timer_check';

function driveWords(disks: readonly GuestDisk[]): readonly string[] {
  const discs = disks.some(({ disc }) => disc === true) ? ['-device', 'virtio-scsi-pci'] : [];
  const drives = disks.flatMap(({ path, format, disc, discardWrites }, index) => {
    const name = `disk${index}`;
    // Commas are doubled, for qemu.
    const file = `file=${path.replaceAll(',', ',,')},format=${format}`;
    const device = disc === true ? `scsi-cd,drive=${name}` : `virtio-blk-pci,drive=${name}`;
    const changes = disc === true ? ',readonly=on' : discardWrites === true ? ',snapshot=on' : '';
    return ['-drive', `if=none,id=${name},${file},cache=unsafe${changes}`, '-device', device];
  });
  return [...discs, ...drives];
}

async function uefiWords(folder: string): Promise<readonly string[]> {
  const { firmware, firmwareVariables } = parts();
  const variables = join(folder, 'variables');
  await copyFile(firmwareVariables, variables);
  const flash = (file: string, more = ''): readonly string[] => ['-drive', `if=pflash,format=raw,file=${file}${more}`];
  return [...flash(firmware, ',readonly=on'), ...flash(variables)];
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(process.env['SYSIMAGE_TEST_DIR'] ?? tmpdir(), 'sysimage-guest-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
