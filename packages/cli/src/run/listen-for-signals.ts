import { setMaxListeners } from 'node:events';
import { SysimageError } from '@sysimage/core';
import { exitCodes } from '../exit-code.js';

/** The first signal asks the work to stop and leave things in order; a second one ends the process at once. */
export function listenForSignals(): { signal: AbortSignal; exitCode: () => number; dispose: () => void } {
  const controller = new AbortController();
  // Whatever waits listens, and as much may wait as there are runs in flight: that is no leak.
  setMaxListeners(0, controller.signal);
  let exitCode: number = exitCodes.interrupted;
  const onSignal = (name: NodeJS.Signals): void => {
    exitCode = name === 'SIGTERM' ? exitCodes.terminated : exitCodes.interrupted;
    if (controller.signal.aborted) process.exit(exitCode);
    controller.abort(new SysimageError('cancelled', `stopped by ${name}`));
  };
  const names: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const name of names) process.on(name, onSignal);
  return {
    signal: controller.signal,
    exitCode: () => exitCode,
    dispose: () => {
      for (const name of names) process.off(name, onSignal);
    },
  };
}
