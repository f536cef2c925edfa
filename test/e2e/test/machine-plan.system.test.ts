import { afterAll, expect, test } from '@jest/globals';
import { mkdir, writeFile } from 'node:fs/promises';
import { makeDisk, makeScratch, noise, withVolume } from '@sysimage/fixtures';
import { attemptHere, planTellingRule, succeedHere } from '../src/index.js';

const mebi = 1024 * 1024;
const scratch = await makeScratch();
afterAll(() => scratch.remove());
const config = scratch.at('config.yaml');
await writeFile(scratch.at('telling.mjs'), planTellingRule);
await writeFile(config, 'plugins: [./telling.mjs]\n');
const target = ['--to', `dir:${scratch.at('target')}`, '--config', config, '--computer', 'pc'];

/** The same of the record and of the machine, as long as nothing changes. */
async function compare(record: string, ...options: readonly string[]): Promise<unknown> {
  const asked = ['policy', 'check', ...target, '--json', '--show-passed', ...options];
  const recorded = await attemptHere(...asked, '--machine', record);
  const live = await attemptHere(...asked);
  expect(recorded.stderr).toBe(live.stderr);
  expect(recorded.stdout).toContain('bytesNeeded');
  const findings: unknown = JSON.parse(recorded.stdout);
  expect(findings).toEqual(JSON.parse(live.stdout));
  expect(recorded.code).toBe(live.code);
  return findings;
}

test('a system on two disks, Windows’ own files, and what changed since the last version', async () => {
  const windows = await makeDisk(scratch.at('windows.img'), {
    table: 'mbr',
    size: 200 * mebi,
    partitions: [
      { type: 'ntfs', size: 80 * mebi, label: 'Windows' },
      { type: 'ext4', label: 'root' },
    ],
  });
  const start = await makeDisk(scratch.at('boot.img'), {
    table: 'gpt',
    size: 40 * mebi,
    // Behind it there is a gap that is not taken unless it is asked for.
    partitions: [{ type: 'ext4', size: 20 * mebi, label: 'start' }],
  });
  await withVolume(windows, 1, async (place) => {
    await writeFile(`${place}/pagefile.sys`, noise('pages', 20 * mebi));
    await writeFile(`${place}/document`, noise('document', 3 * mebi));
  });
  await withVolume(windows, 2, async (place) => {
    for (const folder of ['etc', 'usr/lib']) await mkdir(`${place}/${folder}`, { recursive: true });
    await writeFile(`${place}/usr/lib/os-release`, 'PRETTY_NAME="Some Linux 12"\n');
    await writeFile(`${place}/etc/fstab`, 'LABEL=start /boot ext4 defaults 0 2\n');
  });
  const both = ['--disk', windows.path, '--disk', start.path];
  await succeedHere('backup', ...both, ...target);
  await withVolume(windows, 1, (place) => writeFile(`${place}/more`, noise('more', 9 * mebi)));
  const record = scratch.at('two-disks.json');
  await succeedHere('machine', 'record', record, ...both, ...target);

  expect(JSON.stringify(await compare(record, ...both))).toContain('Some Linux 12');
  await compare(record, ...both, '--leave-out', 'pagefile');
  await compare(record, ...both, '--gaps');
  const alone = JSON.stringify(await compare(record, '--disk', windows.path));
  expect(alone).toContain('Not all that Some Linux 12');
  const cut = JSON.stringify(await compare(record, ...both, '--exclude', 'start', '--profile', 'strict'));
  expect(cut).toContain('Some Linux 12 needs it');
});

test('a volume in use, with what snapshots would do', async () => {
  const disk = await makeDisk(scratch.at('live.img'), {
    table: 'gpt',
    size: 60 * mebi,
    partitions: [{ type: 'ext4', label: 'live' }],
  });
  const record = scratch.at('live.json');
  await withVolume(disk, 1, async () => {
    await succeedHere('machine', 'record', record, '--disk', disk.path, ...target);
    expect(JSON.stringify(await compare(record, '--disk', disk.path))).toContain('frozen while it is read');
    await compare(record, '--disk', disk.path, '--snapshot', 'none');
    await compare(record, '--disk', disk.path, '--snapshot', 'none', '--allow-live');
    await compare(record, '--disk', disk.path, '--snapshot', 'lvm');
  });
});
