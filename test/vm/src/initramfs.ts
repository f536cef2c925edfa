import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { archive, type ArchivedFile } from './archive.js';
import { kernelModules } from './kernel-modules.js';
import { parts } from './parts.js';
import { toolFiles } from './tool-files.js';

/** What runs in a guest, and with what. */
export interface GuestSystem {
  /** For busybox's shell; its output and exit code are what comes back. */
  readonly script: string;
  /** Modules of the kernel beside those for disks; what they need comes with them. */
  readonly modules?: readonly string[];
  /** Programs of this machine by name, and what else loads libraries by path. What busybox has is there in any case. */
  readonly tools?: readonly string[];
}

/** What the script says stands between these; the exit code follows. */
export const marks = { begin: 'guest script begins\n', end: 'guest script ended with ' } as const;

const waitFor = 'wait_for() { until [ -e "$1" ]; do usleep 20000; done; }';
const diskModules = ['virtio_pci', 'virtio_blk'];

// The console is the first serial line; what the script says goes to the second, so that nothing of the kernel is in it.
const init = `#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
mkdir -p /proc /sys /dev /tmp /run /mnt
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
ln -s /proc/mounts /etc/mtab
while read -r module; do insmod "/modules/$module" || echo "no module $module"; done < /modules/order
stty -F /dev/ttyS1 raw
echo "${marks.begin.trimEnd()}" > /dev/ttyS1
sh /script > /dev/ttyS1 2>&1 < /dev/null
echo "${marks.end}$?" > /dev/ttyS1
sync
poweroff -f
`;

/**
 * The first file system of a guest. It loads the modules, runs the script and switches the guest off. In the script
 * `wait_for PATH` waits for a device.
 */
export async function makeInitramfs({ script, modules = [], tools = [] }: GuestSystem): Promise<Uint8Array> {
  const { busybox, modules: folder } = parts();
  const paths = await kernelModules(folder, [...diskModules, ...modules]);
  const files = new Map<string, ArchivedFile>();
  const add = (path: string, bytes: Uint8Array, mode = 0o755): void => void files.set(path, { path, mode, bytes });
  add('init', Buffer.from(init));
  add('bin/busybox', await readFile(busybox));
  add('etc/passwd', Buffer.from('root::0:0::/:/bin/sh\n'), 0o644);
  add('modules/order', Buffer.from(paths.map((path) => `${basename(path)}\n`).join('')), 0o644);
  for (const path of paths) add(`modules/${basename(path)}`, await readFile(path), 0o644);
  const functions: string[] = [waitFor];
  for (const tool of tools) {
    const [program, ...libraries] = await toolFiles(tool);
    for (const file of [program, ...libraries]) files.set(file.path, file);
    // To busybox's shell what it has itself comes before what lies in the path, but after functions.
    if (/^\w+$/u.test(tool)) functions.push(`${tool}() { /${program.path} "$@"; }`);
  }
  add('script', Buffer.from(`${functions.join('\n')}\nset -e\n${script}\n`), 0o644);
  return archive([...files.values()]);
}
