import { spawn, type ChildProcess } from 'node:child_process';
import { wait } from './clock.js';

export interface CommandRequest {
  /** A program and its arguments. No shell reads them. */
  readonly words: readonly string[];
  /** All of its environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** What it reads on standard input; nothing without it. */
  readonly input?: string;
  /** Milliseconds until it is stopped. */
  readonly timeout: number;
  /** Milliseconds between the request to stop and the end by force; default 5000. */
  readonly grace?: number;
  /** Stops it before its time. */
  readonly signal?: AbortSignal | undefined;
}

/** How a command ended. */
export interface CommandEnd {
  /** `done`: by itself, with exit code 0. `failed`: with another, or killed by somebody else. */
  readonly outcome: 'done' | 'failed' | 'not-started' | 'timeout' | 'cancelled';
  /** Of one that ended by itself. */
  readonly exitCode?: number;
  /** `ENOENT`, `EACCES`…: why it was not started. */
  readonly systemCode?: string;
  /** The end of what it said on both outputs, at most 16 KiB. */
  readonly output: string;
}

/** Bytes of output that are kept. */
const mostOutput = 16 * 1024;
/** Milliseconds for the last words of a command that is over, and for a killed group to go. */
const afterwards = 1000;

/**
 * Runs a command in a process group of its own, so that Ctrl-C reaches only us and all that it started ends with it: SIGTERM to the
 * group when its time is over, SIGKILL when the grace is. It starts in the root folder. Never rejects.
 */
export async function runCommand(request: CommandRequest): Promise<CommandEnd> {
  const { words, environment, timeout, grace = 5000, signal } = request;
  if (signal?.aborted === true) return { outcome: 'cancelled', output: '' };
  const [program = '', ...args] = words;
  let child: ChildProcess;
  try {
    child = spawn(program, args, { cwd: '/', env: environment, detached: true, stdio: 'pipe' });
  } catch (error) {
    return notStarted(error);
  }
  const said = tailOf(child);
  const closed = new Promise<void>((resolve) => void child.once('close', () => resolve()));
  // A command need not read.
  child.stdin?.on('error', () => undefined).end(request.input ?? '');
  let stopped: 'timeout' | 'cancelled' | undefined;
  let force: NodeJS.Timeout | undefined;
  const stop = (why: 'timeout' | 'cancelled'): void => {
    stopped ??= why;
    killGroup(child, 'SIGTERM');
    force ??= setTimeout(() => killGroup(child, 'SIGKILL'), grace);
  };
  const cancel = (): void => stop('cancelled');
  // Whoever ends us at once must not leave it behind.
  const forget = (): void => void killGroup(child, 'SIGKILL');
  const forgetTime = wait(timeout, () => stop('timeout'), { keepsAlive: true });
  signal?.addEventListener('abort', cancel, { once: true });
  process.once('exit', forget);
  try {
    const end = await endOf(child);
    if ('error' in end) return notStarted(end.error);
    if (stopped !== undefined) {
      await groupGone(child, grace + afterwards);
      return { outcome: stopped, output: said() };
    }
    await drained(closed);
    if (end.exitCode === undefined) return { outcome: 'failed', output: said() };
    return { outcome: end.exitCode === 0 ? 'done' : 'failed', exitCode: end.exitCode, output: said() };
  } finally {
    forgetTime();
    clearTimeout(force);
    signal?.removeEventListener('abort', cancel);
    process.off('exit', forget);
    child.stdout?.destroy();
    child.stderr?.destroy();
  }
}

function notStarted(error: unknown): CommandEnd {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown';
  return { outcome: 'not-started', systemCode: code, output: '' };
}

function endOf(child: ChildProcess): Promise<{ exitCode: number | undefined } | { error: unknown }> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ error }));
    child.once('exit', (code) => resolve({ exitCode: code ?? undefined }));
  });
}

/** Keeps the last of what is said. */
function tailOf(child: ChildProcess): () => string {
  let tail = Buffer.alloc(0);
  const take = (bytes: Buffer): void => {
    tail = Buffer.concat([tail, bytes]).subarray(-mostOutput);
  };
  child.stdout?.on('data', take);
  child.stderr?.on('data', take);
  return () => tail.toString('utf8');
}

/** All outputs are read to their end; what goes on in the background may hold them open, and is not waited for. */
async function drained(closed: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const enough = new Promise<void>((resolve) => (timer = setTimeout(resolve, afterwards)));
  await Promise.race([closed, enough]);
  clearTimeout(timer);
}

async function groupGone(child: ChildProcess, atMost: number): Promise<void> {
  const pause = 20;
  for (let waited = 0; waited < atMost && killGroup(child, 0); waited += pause) {
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

/** Whether there was one. */
function killGroup({ pid }: ChildProcess, signal: NodeJS.Signals | 0): boolean {
  if (pid === undefined) return false;
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
}
