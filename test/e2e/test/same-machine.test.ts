import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { constant, tokens, type Service } from '@sysimage/core';
import { listAt, runHere, ToyDisk } from '../src/index.js';

let folder: string;
let disk: string;
let out: string;
let err: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'same-machine-'));
  disk = join(folder, 'disk.img');
  writeFileSync(disk, new ToyDisk(6 * 1024 * 1024).bytes);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const to = (): string => `dir:${join(folder, 'backups')}`;

async function sysimage(args: readonly string[], services: readonly Service[]): Promise<number> {
  const said = await runHere(args, services);
  ({ stdout: out, stderr: err } = said);
  return said.code;
}

function machine(machineId: string, hostName = 'desk'): Service {
  return constant(tokens.machine, {
    hostName,
    machineId,
    holder: (token) => Promise.resolve({ token, program: 'test', host: hostName }),
    fateOf: () => Promise.resolve('unknown'),
  });
}

test('a computer that was installed anew is refused, unless it takes over', async () => {
  expect(await sysimage(['backup', '--disk', disk, '--to', to()], [machine('one')])).toBe(0);
  for (const command of [['backup'], ['plan'], ['policy', 'check']]) {
    expect(await sysimage([...command, '--disk', disk, '--to', to()], [machine('two')])).toBe(1);
    expect(err).toMatch(/images of desk from before it was installed anew[\s\S]*disk\.img is the same disk/u);
    expect(err).toMatch(/Go on in its folder with --take-over/u);
  }
  expect(await sysimage(['backup', '--disk', disk, '--to', to(), '--take-over'], [machine('two')])).toBe(0);
  expect(await sysimage(['backup', '--disk', disk, '--to', to()], [machine('two')])).toBe(0);
  expect(await sysimage(['versions', '--from', to(), '--json'], [machine('two')])).toBe(0);
  expect(listAt(JSON.parse(out), 'versions')).toHaveLength(3);
});

test('another computer of the same name is refused, unless it takes over', async () => {
  const other = join(folder, 'other.img');
  writeFileSync(other, new ToyDisk(6 * 1024 * 1024, 0x0badcafe).bytes);
  expect(await sysimage(['backup', '--disk', disk, '--to', to()], [machine('one')])).toBe(0);
  for (const command of [['backup'], ['plan'], ['policy', 'check']]) {
    expect(await sysimage([...command, '--disk', other, '--to', to()], [machine('two')])).toBe(1);
    expect(err).toMatch(/another computer called desk: none of its disks is one of these[\s\S]*--computer/u);
  }
  expect(await sysimage(['backup', '--disk', other, '--to', to(), '--take-over'], [machine('two')])).toBe(0);
});

test('whose folder it is the versions know, too', async () => {
  expect(await sysimage(['backup', '--disk', disk, '--to', to()], [machine('one')])).toBe(0);
  const record = join(folder, 'backups', 'sysimage', 'desk', 'computer.json');
  for (const spoil of [() => rmSync(record), () => writeFileSync(record, 'not it any more')]) {
    spoil();
    expect(await sysimage(['plan', '--disk', disk, '--to', to()], [machine('one')])).toBe(0);
    expect(await sysimage(['backup', '--disk', disk, '--to', to()], [machine('two')])).toBe(1);
    expect(err).toMatch(/images of desk from before it was installed anew/u);
    expect(await sysimage(['plan', '--disk', disk, '--to', to()], [machine('one', 'office')])).toBe(0);
    expect(out + err).toContain('this very machine is there as desk');
  }
  expect(await sysimage(['backup', '--disk', disk, '--to', to(), '--take-over'], [machine('two')])).toBe(0);
  expect(await sysimage(['backup', '--disk', disk, '--to', to()], [machine('two')])).toBe(0);
});

test('a computer that was renamed hears of it, and goes on under either name', async () => {
  expect(await sysimage(['backup', '--disk', disk, '--to', to()], [machine('one')])).toBe(0);
  const renamed = [machine('one', 'office')];
  const words = /no version of office on [\s\S]*this very machine is there as desk[\s\S]*--computer "desk"/u;
  for (const command of [['plan'], ['policy', 'check']]) {
    expect(await sysimage([...command, '--disk', disk, '--to', to()], renamed)).toBe(0);
    expect(out + err).toMatch(words);
    expect(await sysimage([...command, '--disk', disk, '--to', to(), '--computer', 'desk'], renamed)).toBe(0);
    expect(out + err).not.toContain('this very machine');
    expect(await sysimage([...command, '--disk', disk, '--to', to()], [machine('two', 'office')])).toBe(0);
    expect(out + err).not.toContain('this very machine');
  }
  expect(await sysimage(['backup', '--disk', disk, '--to', to()], renamed)).toBe(0);
  expect(out + err).toMatch(words);
  // Whoever goes on under the new name has heard it.
  expect(await sysimage(['plan', '--disk', disk, '--to', to()], renamed)).toBe(0);
  expect(out + err).not.toContain('this very machine');
});
