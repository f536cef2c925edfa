import { changingOperations, type MemoryOperation } from '@sysimage/target-memory';

export type FaultKind =
  /** One call rejects and has no effect. */
  | 'fail'
  /** One call has its effect and rejects all the same. */
  | 'lose-answer'
  /** One call takes effect only after others that came later. */
  | 'delay'
  /** One write leaves some of its sectors on the medium, others not, and rejects. */
  | 'tear'
  /** One flush rejects; later ones succeed, and what should have been flushed then may be lost all the same. */
  | 'reject-flush'
  /** One open file is of no use any more; the object can be opened again. */
  | 'lose-handle'
  /** Nothing works any more: the process died, the cable was pulled, the power went. */
  | 'disappear'
  /** Nothing that needs room works any more. */
  | 'fill-up';

/** Hits the first call that it can hit, from number `at` on. All calls of one target are counted, from 0. */
export interface Fault {
  readonly kind: FaultKind;
  readonly at: number;
}

const onFiles: readonly MemoryOperation[] = ['read', 'write', 'truncate', 'flush', 'deallocate'];

/** Which calls a fault of a kind can hit; `undefined`: all. */
const hits: Readonly<Record<FaultKind, readonly MemoryOperation[] | undefined>> = {
  fail: undefined,
  'lose-answer': ['put', 'remove', 'write', 'truncate', 'flush', 'deallocate', 'commit', 'capture'],
  delay: changingOperations,
  tear: ['write'],
  'reject-flush': ['flush'],
  'lose-handle': onFiles,
  disappear: undefined,
  'fill-up': undefined,
};

export const faultKinds: readonly FaultKind[] = [
  'fail',
  'lose-answer',
  'delay',
  'tear',
  'reject-flush',
  'lose-handle',
  'disappear',
  'fill-up',
];

export function changes(operation: MemoryOperation): boolean {
  return changingOperations.includes(operation);
}

export function canHit(kind: FaultKind, operation: MemoryOperation): boolean {
  return hits[kind]?.includes(operation) ?? true;
}

/** As people read it, and as `parseFault` takes it: `tear@17`. */
export function describeFault({ kind, at }: Fault): string {
  return `${kind}@${at}`;
}

/** Throws a `RangeError` for what `describeFault` never says. */
export function parseFault(text: string): Fault {
  const [word, number = ''] = text.split('@');
  const kind = faultKinds.find((one) => one === word);
  if (kind === undefined || !/^\d+$/u.test(number)) throw new RangeError(`not a fault: ${text}`);
  return { kind, at: Number(number) };
}
