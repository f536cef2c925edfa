import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makeScratch, waitUntil } from '@sysimage/fixtures';
import {
  applyChange,
  demoDisk,
  digestOf,
  listAt,
  startPlaces,
  startSysimage,
  succeed,
  textAt,
  unpackDisk,
  type Places,
} from '../src/index.js';

let scratch: Awaited<ReturnType<typeof makeScratch>>;
let places: Places;
let config: string;

beforeAll(async () => {
  scratch = await makeScratch();
  places = await startPlaces(scratch.path, ['share', 'discs']);
  config = join(scratch.path, 'config.json');
  writeFileSync(config, JSON.stringify(places.config));
}, 120_000);

afterAll(async () => {
  await places.stop();
  await scratch.remove();
}, 60_000);

test.each(['share', 'discs'])(
  'killed anywhere in the second backup to %s: the first version restores',
  async (target) => {
    const disk = scratch.at(`${target}.img`);
    const common = ['--config', config, '--computer', 'pc', '--json'];
    const backup = ['backup', ...common, '--disk', disk, '--to', target];
    await unpackDisk(disk);
    const before = bytesBelow(scratch.path);
    const first = textAt((await succeed(...backup)).result, 'version', 'id');
    const whole = bytesBelow(scratch.path) - before;
    await applyChange(disk);
    let killed = 0;
    let restored = 0;
    for (let eighth = 0; eighth < 8; eighth += 1) {
      const start = bytesBelow(scratch.path);
      await using running = startSysimage(...backup);
      let ended = false;
      void running.ended.then(() => (ended = true));
      await waitUntil('so much is written', async () => {
        return ended || bytesBelow(scratch.path) - start >= (whole * eighth) / 8;
      });
      running.kill();
      const { code } = await running.ended;
      if (code !== -1) continue;
      killed += 1;
      const { result } = await succeed('versions', ...common, '--from', target);
      const ids = listAt(result, 'versions').map((version) => textAt(version, 'id'));
      if (!ids.includes(first)) continue;
      const to = scratch.at(`${target}-restored.img`);
      await succeed('restore', first, ...common, '--from', target, '--disk', `0=${to}`);
      expect(await digestOf(to)).toBe(demoDisk.sha256.before);
      rmSync(to);
      restored += 1;
    }
    expect(killed).toBeGreaterThanOrEqual(4);
    expect(restored).toBeGreaterThanOrEqual(3);
    const second = textAt((await succeed(...backup)).result, 'version', 'id');
    const to = scratch.at(`${target}-second.img`);
    await succeed('restore', second, ...common, '--from', target, '--disk', `0=${to}`);
    expect(await digestOf(to)).not.toBe(demoDisk.sha256.before);
  },
  240_000,
);

/** Allocated bytes of all files below the places; what vanishes while it is counted is left out. */
function bytesBelow(folder: string): number {
  let sum = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || !join(entry.parentPath, entry.name).includes('/place-')) continue;
    try {
      sum += statSync(join(entry.parentPath, entry.name)).blocks * 512;
    } catch {
      continue;
    }
  }
  return sum;
}
