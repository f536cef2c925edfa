import { randomFillSync } from 'node:crypto';
import type { Random } from '@sysimage/core';

export function createRandom(): Random {
  return { bytes: (length) => randomFillSync(new Uint8Array(length)) };
}
