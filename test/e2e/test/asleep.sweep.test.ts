import { expect, test } from '@jest/globals';
import type { MemoryCall } from '@sysimage/target-memory';
import { flowNamed, World } from '../src/index.js';

const isChange = ({ operation }: MemoryCall): boolean =>
  ['put', 'remove', 'write', 'truncate', 'deallocate'].includes(operation);

/** What nobody else can have: objects that are named by this run, and its lease. */
function isOwn({ operation, name }: MemoryCall): boolean {
  if (operation === 'remove') return name.includes('/leases/');
  return /\.(?:layer|map|allocation)$|\/image-[^/]+$|\/computer\.json$/u.test(name);
}

test.each([
  'second backup',
  'first backup that goes on',
  'recovery',
  'recovery before a deletion',
  'roll-back of the newest two',
  'compaction',
  'sequential image',
  'single version in place',
  'single version beside the old one',
])(
  'whoever slept through its lease changes nothing that others may have taken over: %s',
  async (name) => {
    const world = await World.prepare(flowNamed(name));
    const { calls: awake } = await world.sleepAt(Number.POSITIVE_INFINITY);
    const lease = awake.findIndex((call) => call.operation === 'put' && call.name.includes('/leases/'));
    let stopped = 0;
    for (const [at] of awake.entries()) {
      if (at < lease || at % (awake.length > 100 ? 6 : 2) !== 0) continue;
      const { calls, isDone } = await world.sleepAt(at);
      if (isDone) continue;
      stopped += 1;
      const late = calls.filter((call) => call.index > at && isChange(call) && !isOwn(call));
      expect({ at, call: calls[at], late }).toEqual({ at, call: calls[at], late: [] });
    }
    expect(stopped).toBeGreaterThan((awake.length - lease) / 16);
  },
  120_000,
);
