import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { marks } from './initramfs.js';

/** How a guest ended. */
export interface GuestEnd {
  /** Of its script. */
  readonly exitCode: number;
  /** What the script said, standard error included. */
  readonly output: string;
  /** What firmware and kernel said. */
  readonly serial: string;
}

export interface MachineOptions {
  /** For qemu: what is to be booted, and from what. */
  readonly words: readonly string[];
  /** The two serial lines are written to `<log>.console` and `<log>.output`. */
  readonly log: string;
  /** Milliseconds. */
  readonly timeLimit: number;
}

/** Always the emulator, never the host's own virtualisation: the same machine on every host. */
const machine = [
  '-accel tcg -machine pc -cpu max -smp 1',
  '-nodefaults -display none -no-reboot',
  '-rtc base=2026-01-01T00:00:00,clock=vm',
].flatMap((line) => line.split(' '));

/**
 * Runs a virtual machine until it switches itself off. Rejects with the last lines of its console when it takes too long, ends before its
 * script has, or does not start. It never outlives this process.
 */
export async function runMachine({ words, log, timeLimit }: MachineOptions): Promise<GuestEnd> {
  const lines = [`${log}.console`, `${log}.output`];
  const serial = lines.flatMap((path) => ['-serial', `file:${path}`]);
  const complaint = await follow(['qemu-system-x86_64', ...machine, ...serial, ...words], timeLimit);
  const [console = '', said = ''] = await Promise.all(lines.map((path) => readFile(path, 'utf8').catch(() => '')));
  // Firmware may have written to the second line too.
  const begin = said.lastIndexOf(marks.begin);
  const end = said.lastIndexOf(marks.end);
  if (complaint !== undefined || begin < 0 || end < begin) {
    const last = [console, said].map((text) => printable(text).trimEnd().split('\n').slice(-60).join('\n'));
    const what = complaint ?? 'the virtual machine ended before its script did';
    throw new Error(`${what}. Its last words:\n${last.join('\n--\n')}`);
  }
  return {
    exitCode: Number(said.slice(end + marks.end.length)),
    output: said.slice(begin + marks.begin.length, end),
    serial: printable(console),
  };
}

/** Resolves with what went wrong. */
function follow(words: readonly string[], timeLimit: number): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    // The kernel kills it should this process be killed.
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...words], { stdio: ['ignore', 'ignore', 'pipe'] });
    let complaint = '';
    let late = false;
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
    const limit = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, timeLimit);
    child.on('error', (error) => {
      clearTimeout(limit);
      reject(error);
    });
    child.on('close', (code) => {
      clearTimeout(limit);
      if (late) resolve(`the virtual machine was not done after ${timeLimit} ms`);
      else resolve(code === 0 ? undefined : `qemu ended with ${code}: ${complaint.trim()}`);
    });
  });
}

/** Firmware moves the cursor and draws. */
function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replaceAll(/\u001b\[[0-9;=?]*[A-Za-z]/gu, '').replaceAll(/[^\n\u0020-\u007e]/gu, '');
}
