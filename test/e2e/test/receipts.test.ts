import { expect, test } from '@jest/globals';
import { createEngine, objectName } from '@sysimage/core';
import { createMemoryTarget } from '@sysimage/target-memory';
import { ToyDisk, Workbench } from '../src/index.js';

test('what deletions leave for older versions is no lost version, whatever state the image is in', async () => {
  const target = createMemoryTarget();
  const bench = new Workbench();
  const engine = createEngine(bench.services);
  const disk = new ToyDisk(4 * 1024 * 1024);
  const ids: string[] = [];
  for (let round = 0; round < 4; round += 1) {
    for (let block = 100; block < 200; block += 1) disk.fill(block, round + 1);
    ids.push((await bench.backup(target, disk)).id);
  }
  const [, middle, third, last] = ids;
  const lost = async (): Promise<readonly string[]> =>
    (await engine.receipts(target, await engine.computer(target))).lost.map(({ id }) => id);
  await bench.delete(target, [middle ?? '']);
  expect(await lost()).toEqual([]);
  await bench.delete(target, [last ?? ''], true);
  expect(await lost()).toEqual([]);
  const { touched } = await engine.receipts(target, await engine.computer(target));
  // The roll-back wrote into it: the layer of the one in the middle must not look like that of a version that went astray.
  expect(touched).toHaveLength(1);
  // Of two that are gone nobody can tell which was deleted and which went astray.
  await target.remove(objectName(...`sysimage/bench/versions/${third}.json`.split('/')));
  expect(await lost()).toHaveLength(1);
});
