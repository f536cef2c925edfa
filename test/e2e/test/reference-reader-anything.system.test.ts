import { afterAll, expect, test } from '@jest/globals';
import { mkdir, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeScratch } from '@sysimage/fixtures';
import { createMemoryTarget, type MemoryStore } from '@sysimage/target-memory';
import fc from 'fast-check';
import { scatter, ToyDisk, Workbench } from '../src/index.js';
import { referenceReader } from './reference-reader.js';

const mebibyte = 1024 * 1024;
const pageSize = 4096;
const scratch = await makeScratch();
afterAll(() => scratch.remove());
const { readDisk } = await referenceReader(scratch.at('reader'));

/** What lies on a target in memory, as files with holes. */
async function lay(store: MemoryStore, folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  for (const name of store.names()) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    const bytes = store.bytes(name) ?? new Uint8Array(0);
    await using file = await open(join(folder, name), 'w');
    await file.truncate(bytes.length);
    for (let at = 0; at < bytes.length; at += pageSize) {
      const page = bytes.subarray(at, at + pageSize);
      if (page.some((byte) => byte !== 0)) await file.write(page, 0, page.length, at);
    }
  }
}

/** `cut`: after so many changes of the target power goes; never when it is absent. */
interface Step {
  readonly doomed: number | undefined;
  readonly seed: number;
  readonly cut: number | undefined;
}

const step: fc.Arbitrary<Step> = fc.record({
  doomed: fc.option(fc.nat(6), { nil: undefined }),
  seed: fc.nat(200),
  cut: fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined }),
});

const changing = new Set(['put', 'remove', 'write', 'truncate']);

test('after any backups, deletions and cuts the reader finds what was backed up', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 10 }), async (steps) => {
      const bench = new Workbench();
      let { store } = createMemoryTarget({ volatile: true });
      const disk = new ToyDisk(14 * mebibyte);
      const bytesOf = new Map([[(await bench.backup(createMemoryTarget({ store }), disk)).id, disk.canonical()]]);
      for (const { doomed, seed, cut } of steps) {
        const ids = [...bytesOf.keys()];
        const which = doomed === undefined ? [] : ids.slice(doomed % ids.length, (doomed % ids.length) + 2);
        let changes = 0;
        const target = createMemoryTarget({
          store,
          onCall: ({ operation }) => {
            if (changing.has(operation) && (changes += 1) > (cut ?? Infinity)) throw new Error('the power went');
          },
        });
        if (which.length > 0 && which.length < ids.length) {
          await bench.delete(target, which, true).catch(() => undefined);
        } else {
          scatter(disk, seed);
          const done = await bench.backup(target, disk).catch(() => undefined);
          if (done !== undefined) bytesOf.set(done.id, disk.canonical());
        }
        if (cut !== undefined) store = store.powerCut({ keep: seed });
        await lay(store, scratch.at('target'));
        for (const [id, bytes] of bytesOf) {
          if (!store.names().some((name) => name.endsWith(`/versions/${id}.json`))) {
            // Only a deletion takes a record away.
            expect(which).toContain(id);
            bytesOf.delete(id);
            continue;
          }
          const found = new Uint8Array(bytes.length);
          readDisk(scratch.at('target'), 'bench', id, 0, (at, piece) => found.set(piece, at));
          if (Buffer.compare(found, bytes) !== 0) throw new Error(`${id} is not what was backed up`);
        }
      }
    }),
    { numRuns: 25 },
  );
}, 240_000);
