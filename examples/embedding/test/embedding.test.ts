import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { demoDisk, unpackDisk } from '@sysimage/e2e';

const program = join(import.meta.dirname, '../src/main.js');
const tenYears = 10 * 365 * 86_400_000;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sysimage-embedding-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('the program of the documents backs up, lists and restores, by its own clock, into its own log', async () => {
  const [disk, restored] = [join(folder, 'disk.img'), join(folder, 'restored.img')];
  await unpackDisk(disk);
  // What a killed program left ten years ago, as the clock of this one has it: the target clears it away, and logs that.
  const place = join(folder, 'backups', 'sysimage', 'office');
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, `.sysimage-put-${'0'.repeat(32)}`), 'cut');
  const year = new Date(Date.now() + tenYears).getUTCFullYear();
  const {
    status,
    stdout: words,
    stderr: log,
  } = spawnSync(process.execPath, [program, disk, `dir:${join(folder, 'backups')}`, restored], {
    encoding: 'utf8',
    env: { ...process.env, SERVER_AHEAD: String(tenYears) },
  });
  expect({ status, log }).toEqual({
    status: 0,
    log: expect.stringContaining('sysimage: target-directory.leftover-removed'),
  });
  const id = /^backed up (\S+)$/mu.exec(words)?.[1] ?? '';
  expect(id).toMatch(new RegExp(`^${year}`, 'u'));
  expect(words).toMatch(new RegExp(`^${id} ${year}-\\S+ clean$`, 'mu'));
  expect(words).toContain(`bytes to ${restored}\n`);
  expect(createHash('sha256').update(readFileSync(restored)).digest('hex')).toBe(demoDisk.sha256.before);
});
