import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { orCancelled, SysimageError, snapshotOperation, throwIfCancelled } from '@sysimage/core/plugin';
import { ask, programEnvironment } from './programs.js';

/** What nobody can write to now. */
export interface Frozen {
  /** False as soon as it may have been let go. */
  readonly isWhole: () => boolean;
  /**
   * Lets it go; resolves when it is. True the first time, when nobody had let go of any of it before. Errors: `busy` when something
   * stays frozen.
   */
  readonly thaw: () => Promise<boolean>;
}

/** How a program stops all writes to one thing, and how it lets them go on. */
export interface FreezeWords {
  readonly freeze: readonly [program: string, option: string];
  readonly thaw: readonly [program: string, option: string];
}

/** For mount points. */
export const fileSystemWords: FreezeWords = {
  freeze: ['fsfreeze', '--freeze'],
  thaw: ['fsfreeze', '--unfreeze'],
};

/** For names of device-mapper: whatever is mounted of one is frozen for that. What is not suspended is resumed in vain. */
export const deviceWords: FreezeWords = { freeze: ['dmsetup', 'suspend'], thaw: ['dmsetup', 'resume'] };

/** Milliseconds that a watcher has to thaw, when nobody waits for what it holds. */
const patience = 2000;
/** What thawing says of what is not frozen: somebody else let it go. */
const isNotFrozen = /Invalid argument|No such (?:file|device)/u;

/**
 * Freezes the first, then the rest in the same way, and thaws in the other order. Ends when the limit is over, or when nobody holds its
 * input open any more: so it does not matter how the process ends that started it. What it does not freeze itself it does not thaw. It
 * stands in every file system: nobody can unmount what is frozen, and what is mounted over it is not taken for it. It ends with 0 when all
 * was frozen until its input was closed.
 */
const script = `
trap '' HUP INT TERM PIPE
limit=$1 freeze=$2 thaw=$3
shift 3
hold() {
  if [ $# = 0 ]; then
    echo frozen
    timeout "$limit" cat > /dev/null
    return $?
  fi
  name=$1
  case $name in /*) cd "$name" || return 1; name=. ;; esac
  $freeze "$name" || return 1
  echo held
  ( shift; hold "$@" )
  result=$?
  $thaw "$name" || result=1
  return $result
}
hold "$@"
`;

/**
 * Freezes one after the other, for at most `limit` milliseconds: what lies on another comes before that. Rejects with nothing frozen: with
 * `busy` when one refuses, with `cancelled` when the signal says so.
 */
export async function freeze(
  names: readonly string[],
  limit: number,
  { how = fileSystemWords, signal }: { readonly how?: FreezeWords; readonly signal?: AbortSignal | undefined } = {},
): Promise<Frozen> {
  const caller = signal === undefined ? {} : { signal };
  throwIfCancelled(snapshotOperation, caller);
  // Counted from before the first is frozen, so that nobody is thawed before this says so.
  const end = performance.now() + limit;
  const seconds = String(Math.ceil(limit / 1000));
  const words = ['-c', script, 'sysimage-freeze', seconds, how.freeze.join(' '), how.thaw.join(' '), ...names];
  const child = spawn('/bin/sh', words, {
    cwd: '/',
    env: programEnvironment(),
    // Its own session: what ends us, and all that we started, does not end it.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let said = '';
  let complaint = '';
  let isOver = false;
  child.stdin.on('error', () => undefined);
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  const ended = new Promise<void>((resolve) => {
    const over = (): void => {
      isOver = true;
      resolve();
    };
    child.once('error', (error) => {
      complaint += String(error);
      over();
    });
    child.once('exit', over);
  });
  const frozen = new Promise<void>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes('frozen\n')) resolve();
    });
  });
  const thawHere = async (): Promise<void> => {
    const held = said.split('\n').filter((line) => line === 'held').length;
    const stuck: string[] = [];
    for (const each of names.slice(0, held).toReversed()) {
      const { exitCode, complaint: why } = await ask([...how.thaw, each]);
      if (exitCode !== 0 && !isNotFrozen.test(why)) stuck.push(`${[...how.thaw, each].join(' ')} (${why.trim()})`);
    }
    if (stuck.length > 0) throw stillFrozen(stuck);
  };
  let isLetGo = false;
  const thaw = async (): Promise<boolean> => {
    const isFirst = !isLetGo;
    isLetGo = true;
    const isInTime = !isOver && performance.now() < end;
    child.stdin.end();
    await ended;
    // Somebody killed it, or it could not: then nobody else does it.
    if (child.exitCode !== 0) await thawHere();
    return isFirst && isInTime && child.exitCode === 0;
  };
  const first = Promise.race([frozen.then(() => false), ended.then(() => false), after(limit)]);
  const isLate = await orCancelled(snapshotOperation, first, caller).catch(async (error: unknown) => {
    child.stdin.end();
    // What is being frozen just now the watcher thaws itself, unless it is stuck.
    if (await Promise.race([ended.then(() => false), after(patience)])) letGo(child);
    if (child.exitCode !== 0) await thawHere();
    throw error;
  });
  if (isLate) {
    // What is stuck cannot be stopped, and must not keep the others frozen. When it goes on, it is thawed by the watcher.
    child.stdin.end();
    letGo(child);
    await thawHere();
    throw refused(names, `it takes longer than ${seconds} s`);
  }
  if (!said.includes('frozen\n')) {
    await thaw();
    throw refused(names, complaint.trim());
  }
  return { isWhole: () => !isOver && performance.now() < end, thaw };
}

/** Resolves with `true`; nobody need wait for it. */
function after(milliseconds: number): Promise<true> {
  return new Promise((resolve) => void setTimeout(() => resolve(true), milliseconds).unref());
}

/** It goes on by itself, whether this process is there or not. */
function letGo(child: ChildProcessWithoutNullStreams): void {
  child.unref();
  child.stdout.destroy();
  child.stderr.destroy();
}

function stillFrozen(commands: readonly string[]): SysimageError {
  return new SysimageError('busy', `something is still frozen: nobody can write to it`, {
    operation: snapshotOperation,
    remedy: `Let it go: ${commands.join('; ')}`,
  });
}

function refused(names: readonly string[], why: string): SysimageError {
  return new SysimageError('busy', `${names.join(', ')} cannot be frozen: ${why}`, {
    operation: snapshotOperation,
    retry: 'later',
    remedy: 'Unmount it, mount it read-only, or take it as it is with --snapshot none --allow-live.',
  });
}
