import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { SystemRoots } from '../src/index.js';

export interface ShownDevice {
  readonly number: string;
  readonly size?: number;
  /** Files below its folder in sysfs. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** The disk it is a partition of, and where it starts, in sectors of 512 bytes. */
  readonly partitionOf?: { readonly disk: string; readonly start: number };
  readonly slaves?: readonly string[];
  /** The first bytes of the device. */
  readonly content?: Uint8Array;
}

export interface KernelFiles {
  readonly folder: string;
  readonly roots: SystemRoots;
  cleanUp(): void;
}

/** A sysfs, procfs and `/dev` as files. */
export function makeKernelFiles(
  devices: Readonly<Record<string, ShownDevice>>,
  options: { readonly mounts?: (folder: string) => readonly string[]; readonly btrfs?: readonly string[] } = {},
): KernelFiles {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'sysimage-block-device-')));
  const roots = { sysRoot: join(folder, 'sys'), procRoot: join(folder, 'proc'), devRoot: join(folder, 'dev') };
  const write = (path: string, text: string | Uint8Array): void => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  };
  const link = (path: string, to: string): void => {
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(to, path);
  };
  const place = (name: string): string => {
    const disk = devices[name]?.partitionOf?.disk;
    return join(roots.sysRoot, 'devices', disk ?? '', name);
  };
  for (const [name, device] of Object.entries(devices)) {
    const own = place(name);
    write(join(own, 'dev'), `${device.number}\n`);
    write(join(own, 'size'), `${(device.size ?? 2 ** 30) / 512}\n`);
    for (const [file, text] of Object.entries(device.files ?? {})) write(join(own, file), text);
    if (device.partitionOf !== undefined) {
      write(join(own, 'partition'), '1\n');
      write(join(own, 'start'), `${device.partitionOf.start}\n`);
    }
    for (const slave of device.slaves ?? []) {
      link(join(own, 'slaves', slave), place(slave));
      link(join(place(slave), 'holders', name), own);
    }
    link(join(roots.sysRoot, 'class/block', name), own);
    link(join(roots.sysRoot, 'dev/block', device.number), own);
    write(join(roots.devRoot, ...name.split('!')), device.content ?? new Uint8Array(65_536));
  }
  for (const name of options.btrfs ?? []) link(join(roots.sysRoot, 'fs/btrfs/some-id/devices', name), place(name));
  write(join(roots.procRoot, 'self/mountinfo'), `${(options.mounts?.(folder) ?? []).join('\n')}\n`);
  return { folder, roots, cleanUp: () => rmSync(folder, { recursive: true }) };
}
