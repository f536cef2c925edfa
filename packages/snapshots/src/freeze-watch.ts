import { spawn } from 'node:child_process';
import { SysimageError, snapshotOperation } from '@sysimage/core/plugin';
import { ask, programEnvironment } from './programs.js';

/** File systems that are frozen now. */
export interface Frozen {
  /** False as soon as they may have been thawed. */
  readonly isWhole: () => boolean;
  /** Thaws them; resolves when they are. */
  readonly thaw: () => Promise<void>;
}

/**
 * Freezes the first, then the rest in the same way, and thaws in the other order. Ends when the limit is over, or when nobody holds its
 * input open any more: so it does not matter how the process ends that started it. What it does not freeze itself it does not thaw.
 */
const script = `
trap '' HUP INT TERM PIPE
limit=$1
shift
hold() {
  if [ $# = 0 ]; then
    echo frozen
    timeout "$limit" cat > /dev/null
    return 0
  fi
  fsfreeze --freeze "$1" || return 1
  ( shift; hold "$@" )
  result=$?
  fsfreeze --unfreeze "$1"
  return $result
}
hold "$@"
`;

/**
 * Freezes file systems by their mount points, each before those that it lies on, for at most `limit` milliseconds. Rejects with `busy`, and
 * with nothing frozen, when one refuses.
 */
export async function freeze(mountPoints: readonly string[], limit: number): Promise<Frozen> {
  // Counted from before the first is frozen, so that nobody is thawed before this says so.
  const end = performance.now() + limit;
  const words = ['-c', script, 'sysimage-freeze', String(Math.ceil(limit / 1000)), ...mountPoints];
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
  const thaw = async (): Promise<void> => {
    child.stdin.end();
    await ended;
    // Somebody killed it: then nobody else does it.
    if (child.signalCode !== null)
      for (const each of mountPoints.toReversed()) await ask(['fsfreeze', '--unfreeze', each]);
  };
  await Promise.race([frozen, ended]);
  if (!said.includes('frozen\n')) {
    await thaw();
    throw new SysimageError(
      'busy',
      `what is mounted at ${mountPoints.join(', ')} cannot be frozen: ${complaint.trim()}`,
      {
        operation: snapshotOperation,
        retry: 'later',
        remedy: 'Unmount it, mount it read-only, or take it as it is with --snapshot none --allow-live.',
      },
    );
  }
  return { isWhole: () => !isOver && performance.now() < end, thaw };
}
