import { completeTarget, supports, type RandomFile, type Target, type TargetParts } from '@sysimage/core';
import type { FaultKind } from '@sysimage/faults';
import type { CorePatch } from './patched-core.js';

/** A protocol with one mistake that would go unnoticed as long as nothing happens. */
export interface WrongProtocol {
  readonly name: string;
  /** Where it shows. */
  readonly flow: string;
  readonly fault: FaultKind;
  /** The right engine, and a target that turns the order of its calls into the wrong one. */
  readonly between?: (target: Target) => Target;
  /** Or an engine with one other line. */
  readonly patch?: CorePatch;
}

const isImage = (name: string): boolean => name.endsWith('.vhd');
const isMark = (name: string): boolean => name.includes('/runs/');
const isRecord = (name: string): boolean => name.includes('/versions/');

export const wrongProtocols: readonly WrongProtocol[] = [
  {
    name: 'the mark is put after the first bytes are overwritten',
    flow: 'third backup',
    fault: 'disappear',
    between: (target) => putLater(target, isMark, isRecord),
  },
  {
    name: 'the layer is not flushed before its bytes are overwritten',
    flow: 'third backup',
    fault: 'disappear',
    between: (target) =>
      withFiles(target, (name, file) => (name.endsWith('.layer') ? { ...file, flush: nothing } : file)),
  },
  {
    name: 'changes are told from the last allocation map',
    flow: 'third backup',
    fault: 'disappear',
    patch: {
      file: 'flow/write-in-place.js',
      from: 'const isThere = isNeeded(old, grain, job.oldest);',
      to: 'const isThere = old.isLive(grain);',
    },
  },
  {
    name: 'the record is put before the data is on the medium',
    flow: 'third backup',
    fault: 'disappear',
    between: flushLater,
  },
  {
    name: 'a flush that failed is tried again',
    flow: 'third backup',
    fault: 'reject-flush',
    between: (target) =>
      withFiles(target, (_, file) => ({ ...file, flush: () => file.flush().catch(() => file.flush()) })),
  },
];

const nothing = (): Promise<void> => Promise.resolve();

/** Puts of one kind wait until one of another kind comes. */
function putLater(target: Target, isLate: (name: string) => boolean, isTime: (name: string) => boolean): Target {
  let waiting: (() => Promise<unknown>) | undefined;
  return completeTarget({
    ...target,
    async put(name, size, chunks, options) {
      if (isLate(name)) {
        waiting = () => target.put(name, size, chunks, options);
        return { name, size };
      }
      if (isTime(name)) {
        await waiting?.();
        waiting = undefined;
      }
      return target.put(name, size, chunks, options);
    },
  });
}

/** Images are flushed when the record of their version is there. */
function flushLater(target: Target): Target {
  const late: RandomFile[] = [];
  const files = withFiles(target, (name, file) => {
    if (!isImage(name)) return file;
    late.push(file);
    return { ...file, flush: nothing, close: nothing };
  });
  return completeTarget({
    ...files,
    async put(name, ...others) {
      const stat = await target.put(name, ...others);
      if (!isRecord(name)) return stat;
      for (const file of late.splice(0)) {
        await file.flush();
        await file.close();
      }
      return stat;
    },
  });
}

function withFiles(target: Target, change: (name: string, file: RandomFile) => RandomFile): Target {
  if (!supports(target, 'random')) throw new Error('no random writes');
  const { random } = target.facets;
  const parts: TargetParts = {
    ...target,
    facets: {
      ...target.facets,
      random: { open: async (name, options) => change(name, await random.open(name, options)) },
    },
  };
  return completeTarget(parts);
}
