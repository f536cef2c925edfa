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

test('a roll-back that was cut before its layer went leaves no lost version; a record that went astray does', async () => {
  const target = createMemoryTarget();
  const bench = new Workbench();
  const disk = new ToyDisk(4 * 1024 * 1024);
  const ids: string[] = [];
  for (let round = 0; round < 3; round += 1) {
    for (let block = 100; block < 200; block += 1) disk.fill(block, round + 1);
    ids.push((await bench.backup(target, disk)).id);
  }
  const astray = createMemoryTarget({ store: target.store.powerCut({ keep: 'all' }) });
  await astray.remove(objectName('sysimage', 'bench', 'versions', `${ids[2]}.json`));
  expect((await bench.receipts(astray)).lost).toMatchObject([{ id: ids[2], reason: 'its record is missing' }]);
  const dying = createMemoryTarget({
    store: target.store,
    onCall: ({ operation, name }) => {
      if (operation === 'remove' && name.endsWith('.layer')) throw new Error('cut');
    },
  });
  await expect(bench.delete(dying, [ids[2] ?? ''], true)).rejects.toThrow('cut');
  expect(target.store.names().filter((name) => name.endsWith('.layer'))).toHaveLength(2);
  expect((await bench.receipts(target)).lost).toEqual([]);
  bench.events.length = 0;
  await bench.backup(target, disk);
  expect(bench.events.filter(({ event }) => event === 'finding')).toEqual([]);
});
