import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Said } from './in-process.js';
import { eventsIn } from './json.js';

const program = fileURLToPath(new URL('../../../../packages/cli/bin/sysimage.js', import.meta.url));
/** When its child is done, the shell has the child's counters too. */
const counting = '"$@"; code=$?; echo "counted:" >&2; cat /proc/$$/io >&2; exit $code';

/** How a process ended: -1 when a signal ended it. */
export interface Ended extends Said {
  /** Bytes that it handed to the system to be written, wherever to; NaN when nobody counted. */
  readonly written: number;
}

/** A command that runs beside the test. Its disposal kills it, if need be, and waits for its end. */
export interface Running extends AsyncDisposable {
  readonly pid: number;
  /** It said its first words on standard output, or ended without any. */
  readonly begun: Promise<void>;
  readonly ended: Promise<Ended>;
  kill(): void;
}

/** Runs the real command to its end. */
export async function sysimage(...args: readonly string[]): Promise<Ended> {
  return follow(['sh', '-c', counting, 'sh', process.execPath, program, ...args]).ended;
}

/** Like `sysimage`, but rejects with all that was said unless it ends with 0. */
export async function succeed(...args: readonly string[]): Promise<Ended> {
  const ended = await sysimage(...args);
  if (ended.code === 0) return ended;
  throw new Error(`sysimage ${args.join(' ')} ended with ${ended.code}:\n${ended.stdout}${ended.stderr}`);
}

/** Starts the real command as a process of its own, without a shell in between. */
export function startSysimage(...args: readonly string[]): Running {
  return follow([process.execPath, program, ...args]);
}

function follow([tool = '', ...args]: readonly string[]): Running {
  const child = spawn(tool, args, { env: plainEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(describeEnd(code ?? -1, said.stdout, said.stderr)));
  });
  ended.catch(() => undefined);
  const begun = Promise.race([
    new Promise<void>((resolve) => void child.stdout.once('data', () => resolve())),
    ended.then(
      () => undefined,
      () => undefined,
    ),
  ]);
  const kill = (): void => void child.kill('SIGKILL');
  return {
    pid: child.pid ?? 0,
    begun,
    ended,
    kill,
    async [Symbol.asyncDispose]() {
      kill();
      await ended.catch(() => undefined);
    },
  };
}

function describeEnd(code: number, stdout: string, heard: string): Ended {
  const [stderr = '', counters = ''] = heard.split(/^counted:\n/mu);
  const written = Number(/^wchar: (\d+)$/mu.exec(counters)?.[1] ?? Number.NaN);
  const events = eventsIn(stdout);
  return { code, stdout, stderr, written, events, result: events.at(-1) };
}

/** Without what the caller's shell may say about targets, disks and colours. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(?:SYSIMAGE_|NODE_OPTIONS$|FORCE_COLOR$)/u.test(name));
  return { ...Object.fromEntries(own), LC_ALL: 'C.UTF-8' };
}
