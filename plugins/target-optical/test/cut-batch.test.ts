import { mkdirSync, readdirSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { objectName } from '@sysimage/core/plugin';
import {
  chunksOf,
  discsIn,
  joined,
  namesOf,
  opened,
  putSamples,
  samples,
  temporaryFolder,
  text,
  whole,
  type OpticalTarget,
} from './fixture.js';

let place: ReturnType<typeof temporaryFolder>;
let folder: string;
let target: OpticalTarget;
const [large] = samples;

beforeEach(async () => {
  place = temporaryFolder();
  folder = join(place.path, 'discs');
  target = await opened(folder);
  await putSamples(target);
});
afterEach(() => place.cleanUp());

function takeOut(name: string): void {
  renameSync(join(folder, name), join(place.path, name));
}

describe('a batch that was cut', () => {
  const name = objectName('again');
  const spec = { id: 'cut', label: 'cut', size: 100 };

  test('is found by its id, with what was whole', async () => {
    const batch = await target.facets.batch.begin(spec);
    await batch.put(name, 3, chunksOf(text('old')));
    await batch.put(name, 3, chunksOf(text('one')));
    await expect(batch.put(objectName('half'), 9, chunksOf(text('ha')))).rejects.toMatchObject({ code: 'invalid' });
    const other = await opened(folder);
    const again = await other.facets.batch.begin(spec);
    await again.commit();
    expect(await namesOf(other.list(''))).toContain(name);
    expect(await namesOf(other.list(''))).not.toContain('half');
    expect((await joined(other.get(name, { start: 0, end: 3 }))).toString()).toBe('one');
    await expect(again.commit()).rejects.toMatchObject({ code: 'invalid' });
  });

  test('among its discs: they are not shown, and go with the next try', async () => {
    const { state = '' } = (await target.stat(large.name)) ?? {};
    await (await target.facets.batch.begin({ ...spec, id: 'run' })).put(name, 3, chunksOf(text('one')));
    const stage = join(folder, readdirSync(folder).find((each) => each.startsWith('.sysimage-batch-')) ?? '');
    writeFileSync(join(stage, 'moving'), `${state} disc-3\n`);
    writeFileSync(join(stage, 'disc-3'), '');
    // The last disc is there: the set is complete, and the next try leaves it alone.
    expect(await namesOf(target.list(''))).toHaveLength(3);
    takeOut('disc-0003.iso');
    expect(await namesOf(target.list(''))).toEqual([]);
    expect(await target.stat(large.name)).toBeUndefined();
    await putSamples(target);
    expect(discsIn(folder)).toHaveLength(3);
    for (const sample of samples) expect((await whole(target, sample)).equals(sample.bytes)).toBe(true);
    expect(await namesOf(target.list(''))).toContain(name);
    expect(readdirSync(folder).filter((each) => each.startsWith('.'))).toEqual([]);
  });

  test('after the last disc left the stage: the set stays, wherever its last disc is', async () => {
    const { state = '' } = (await target.stat(large.name)) ?? {};
    await target.facets.batch.begin({ ...spec, id: 'run' });
    const stage = join(folder, readdirSync(folder).find((each) => each.startsWith('.sysimage-batch-')) ?? '');
    writeFileSync(join(stage, 'moving'), `${state} disc-3\n`);
    takeOut('disc-0003.iso');
    await expect(target.stat(large.name)).rejects.toMatchObject({ code: 'media-required' });
    const again = await target.facets.batch.begin({ ...spec, id: 'run' });
    expect(discsIn(folder)).toHaveLength(2);
    await again.abort();
  });

  test('what was killed goes: puts after an hour, batches after a week', async () => {
    for (const [name_, age] of [
      ['.sysimage-put-00', 7200],
      ['.sysimage-put-11', 60],
      ['.sysimage-batch-22', 7200],
      ['.sysimage-batch-33', 8 * 86_400],
    ] as const) {
      mkdirSync(join(folder, name_));
      writeFileSync(join(folder, name_, '00000001.object.part'), 'half');
      const then = Date.now() / 1000 - age;
      for (const path of [join(folder, name_, '00000001.object.part'), join(folder, name_)])
        utimesSync(path, then, then);
    }
    await target.put(name, 3, chunksOf(text('one')));
    expect(
      readdirSync(folder)
        .filter((each) => each.startsWith('.'))
        .toSorted(),
    ).toEqual(['.sysimage-batch-22', '.sysimage-put-11']);
  });
});
