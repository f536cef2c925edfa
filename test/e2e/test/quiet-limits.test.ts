import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { succeed, ToyDisk } from '../src/index.js';

test('a limited backup, of which much waits at once, says nothing of leaks', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'limited-'));
  try {
    const disk = new ToyDisk(60 * 2 ** 20);
    for (let block = 300; block < 14_000; block += 1) disk.fill(block, 1 + (block % 199));
    writeFileSync(join(folder, 'disk.img'), disk.bytes);
    const words = ['--disk', join(folder, 'disk.img'), '--to', `dir:${folder}`, '--limit', '40MiB', '--quiet'];
    const { stderr } = await succeed('backup', ...words);
    expect(stderr).not.toContain('MaxListenersExceeded');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
