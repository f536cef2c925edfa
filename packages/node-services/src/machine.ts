import { readFileSync, readlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { Blake3Hasher } from '@napi-rs/blake-hash';
import type { Machine } from '@sysimage/core';
import { readFirmwareVariables } from './firmware-variables.js';
import { parseProcessStatus, type ProcessStatus } from './process-start.js';

export interface MachineOptions {
  readonly hostName?: string;
  /** What holders call this program. */
  readonly program?: string;
  readonly procRoot?: string;
  readonly etcRoot?: string;
  readonly sysRoot?: string;
  readonly process?: number;
  /** Asks the kernel whether a process is there, also one that `/proc` hides. */
  readonly exists?: (process: number) => boolean;
}

// The raw id is meant to stay on its machine (machine-id(5)); this one tells nobody what it was.
const context = 'sysimage 2026-11 machine id';

/** Who this machine and process are, from what Linux tells. Elsewhere the fate of other processes stays unknown. */
export function createMachine(options: MachineOptions = {}): Machine {
  const procRoot = options.procRoot ?? '/proc';
  const ownProcess = options.process ?? process.pid;
  const exists = options.exists ?? processExists;
  const machineId = machineIdFrom(options.etcRoot ?? '/etc');
  const boot = bootFrom(procRoot, ownProcess);

  async function status(id: number): Promise<ProcessStatus | undefined> {
    const line = await readFile(join(procRoot, `${id}`, 'stat'), 'latin1').catch(() => undefined);
    return line === undefined ? undefined : parseProcessStatus(line);
  }

  return {
    hostName: options.hostName ?? hostname(),
    machineId,
    firmwareVariables: () => readFirmwareVariables(join(options.sysRoot ?? '/sys', 'firmware/efi/efivars')),
    async holder(token) {
      const own = await status(ownProcess);
      return {
        token,
        program: options.program ?? 'sysimage',
        host: options.hostName ?? hostname(),
        ...(machineId === undefined ? {} : { machine: machineId }),
        ...(boot === undefined ? {} : { boot }),
        process: ownProcess,
        ...(own === undefined ? {} : { processStart: own.start }),
      };
    },
    async fateOf(holder) {
      // The id of the boot is unique by itself. A machine need not have one of its own: containers often have none.
      const here = boot !== undefined && holder.boot === boot && holder.machine === machineId;
      if (!here || holder.process === undefined) return 'unknown';
      const found = await status(holder.process);
      if (found === undefined) return exists(holder.process) ? 'unknown' : 'gone';
      if (found.ended) return 'gone';
      if (holder.processStart === undefined) return 'unknown';
      return found.start === holder.processStart ? 'alive' : 'gone';
    },
  };
}

function machineIdFrom(etcRoot: string): string | undefined {
  const raw = contentOf(join(etcRoot, 'machine-id'));
  if (raw === undefined || !/^[0-9a-f]{32}$/u.test(raw)) return undefined;
  return Blake3Hasher.deriveKey(context, Buffer.from(raw, 'hex')).toString('hex');
}

/** The boot, and the process namespace in which numbers of processes mean something. */
function bootFrom(procRoot: string, ownProcess: number): string | undefined {
  const boot = contentOf(join(procRoot, 'sys/kernel/random/boot_id'));
  try {
    // A /proc that was mounted from another namespace counts processes differently.
    if (boot === undefined || readlinkSync(join(procRoot, 'self')) !== `${ownProcess}`) return undefined;
    return `${boot} ${readlinkSync(join(procRoot, 'self/ns/pid'))}`;
  } catch {
    return undefined;
  }
}

function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}

function processExists(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    return !(typeof error === 'object' && error !== null && 'code' in error && error.code === 'ESRCH');
  }
}
