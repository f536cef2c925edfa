import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { LeaseHolder } from '@sysimage/core/plugin';
import { createMachine, type MachineOptions } from '../src/index.js';
import { parseProcessStatus } from '../src/process-start.js';

const raw = '0123456789abcdef0123456789abcdef';
const stat = (start: string, state = 'S', name = 'node'): string =>
  `7 (${name}) ${state} 1 7 7 0 -1 4194560 1 0 0 0 2 3 0 0 20 0 7 0 ${start} 1000 200 18446744073709551615\n`;

let folder: string;
let options: MachineOptions;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sysimage-machine-'));
  mkdirSync(join(folder, 'sys/kernel/random'), { recursive: true });
  writeFileSync(join(folder, 'machine-id'), `${raw}\n`);
  writeFileSync(join(folder, 'sys/kernel/random/boot_id'), '60e87fd5-caa5-43d7-9172-7c9b9ceb6763\n');
  mkdirSync(join(folder, '7', 'ns'), { recursive: true });
  symlinkSync('pid:[4026531836]', join(folder, '7', 'ns', 'pid'));
  symlinkSync('7', join(folder, 'self'));
  writeFileSync(join(folder, '7', 'stat'), stat('1234'));
  options = { procRoot: folder, etcRoot: folder, process: 7, hostName: 'desk', exists: () => false };
});
afterEach(() => rmSync(folder, { recursive: true }));

test('the machine is known by an id that does not give away the one of the system', async () => {
  const machine = createMachine(options);
  expect(machine.machineId).toMatch(/^[0-9a-f]{64}$/u);
  expect(machine.machineId).not.toContain(raw);
  expect(createMachine(options).machineId).toBe(machine.machineId);
  expect(await machine.holder('token')).toEqual({
    token: 'token',
    program: 'sysimage',
    host: 'desk',
    machine: machine.machineId,
    boot: '60e87fd5-caa5-43d7-9172-7c9b9ceb6763 pid:[4026531836]',
    process: 7,
    processStart: '1234',
  });
});

test('a system without an id has none', () => {
  writeFileSync(join(folder, 'machine-id'), 'uninitialized\n');
  expect(createMachine(options).machineId).toBeUndefined();
  rmSync(join(folder, 'machine-id'));
  expect(createMachine(options).machineId).toBeUndefined();
});

describe('the fate of a holder', () => {
  const fate = async (changes: Partial<LeaseHolder>, other: MachineOptions = {}): Promise<string> => {
    const machine = createMachine({ ...options, ...other });
    return machine.fateOf({ ...(await createMachine(options).holder('token')), ...changes });
  };

  test('is sure in the same boot and namespace', async () => {
    expect(await fate({})).toBe('alive');
    expect(await fate({ processStart: '1235' })).toBe('gone');
    expect(await fate({ process: 8 })).toBe('gone');
    writeFileSync(join(folder, '7', 'stat'), stat('1234', 'Z'));
    expect(await fate({})).toBe('gone');
  });

  test('is not known on another machine, in another boot or namespace', async () => {
    expect(await fate({ machine: 'f'.repeat(64), process: 8 })).toBe('unknown');
    expect(await fate({ boot: 'other', process: 8 })).toBe('unknown');
  });

  test('is known by the boot alone where machines have no id, as in containers', async () => {
    rmSync(join(folder, 'machine-id'));
    expect(await fate({ process: 8 })).toBe('gone');
    expect(await fate({ machine: 'f'.repeat(64), process: 8 })).toBe('unknown');
  });

  test('is not known when the facts are not', async () => {
    const { machine = '', boot = '' } = await createMachine(options).holder('token');
    const holder = { token: 'token', program: 'sysimage', host: 'desk', machine, boot };
    expect(await createMachine(options).fateOf(holder)).toBe('unknown');
    expect(await createMachine(options).fateOf({ ...holder, process: 7 })).toBe('unknown');
    expect(await createMachine(options).fateOf({ token: 'token', program: 'sysimage', host: 'desk' })).toBe('unknown');
    // A /proc that hides the processes of others.
    expect(await fate({ process: 8 }, { exists: () => true })).toBe('unknown');
  });

  test('is not known where /proc counts in another namespace, or is missing', async () => {
    expect(await fate({ process: 8 }, { process: 9 })).toBe('unknown');
    expect(await fate({ process: 8 }, { procRoot: join(folder, 'none') })).toBe('unknown');
  });
});

test('a name with parentheses and spaces does not shift the fields', () => {
  expect(parseProcessStatus(stat('42', 'R', 'a) R 1 (b'))).toEqual({ start: '42', ended: false });
  expect(parseProcessStatus('')).toBeUndefined();
  expect(parseProcessStatus('7 (x) R 1')).toBeUndefined();
});

test('on this machine: alive, then gone', async () => {
  if (process.platform !== 'linux') return;
  const machine = createMachine();
  const own = await machine.holder('token');
  if (machine.machineId === undefined || own.boot === undefined) return;
  expect(await machine.fateOf(own)).toBe('alive');
  const child = spawn('sleep', ['60']);
  const line = readFileSync(`/proc/${child.pid}/stat`, 'latin1');
  const start = parseProcessStatus(line)?.start ?? '';
  const holder = { ...own, process: child.pid ?? 0, processStart: start };
  expect(await machine.fateOf(holder)).toBe('alive');
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await machine.fateOf(holder)).toBe('gone');
});
