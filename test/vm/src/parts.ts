import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../../../node_modules/.cache/virtual-machines', import.meta.url));

/** What virtual machines are made of: Debian packages, unpacked and not installed. Paths of files and folders. */
export interface Parts {
  readonly kernel: string;
  /** Below it lie the modules of the kernel. */
  readonly modules: string;
  readonly busybox: string;
  readonly extlinux: string;
  /** The first 440 bytes of a disk, for BIOS. */
  readonly masterBootCode: string;
  readonly firmware: string;
  readonly firmwareVariables: string;
}

/** Throws when they are not there: what a test needs and does not find is a failure. */
export function parts(): Parts {
  const at = (...names: readonly string[]): string => {
    const path = join(folder, ...names);
    if (existsSync(path)) return path;
    throw new Error(`${path} is not there. As root: node test/debian-packages.mjs`);
  };
  const [kernel = 'no kernel'] = readdirSync(at('boot')).filter((name) => name.startsWith('vmlinuz-'));
  return {
    kernel: at('boot', kernel),
    modules: at('lib/modules', kernel.replace('vmlinuz-', '')),
    busybox: at('bin/busybox'),
    extlinux: at('usr/bin/extlinux'),
    masterBootCode: at('usr/lib/EXTLINUX/mbr.bin'),
    firmware: at('usr/share/OVMF/OVMF_CODE_4M.fd'),
    firmwareVariables: at('usr/share/OVMF/OVMF_VARS_4M.fd'),
  };
}
