import { expect, test } from '@jest/globals';
import { makeBootHive, type BootDevicePlan } from '@sysimage/fixtures';
import { findBootConfigurations } from '../src/index.js';
import { diskId, onGpt, partitionId, volume } from './candidate-volumes.js';

test('boot configurations: what each says, where each lies, and those that nobody can read', async () => {
  const manager: BootDevicePlan = { scheme: 'mbr', signature: 0x1234abcd, start: 2 ** 20 };
  const id = '{11111111-1482-11e2-90a1-005056980000}';
  const long = 'W'.repeat(2000);
  const hive = makeBootHive([{ id, title: long, device: onGpt(3) }], manager);
  const changed = hive.slice();
  // Its two sequence numbers differ: a change was begun.
  changed[4] = 9;
  const volumes = [
    volume(1, { 'EFI/Microsoft/Boot/BCD': hive, 'Boot/BCD': 'no hive' }),
    volume(2, { 'Boot/BCD': changed }),
    volume(3, { 'Windows/a': 'x' }),
  ];
  const found = await findBootConfigurations(volumes);
  expect(found).toMatchObject([
    { volume: { partition: 1 }, file: 'EFI/Microsoft/Boot/BCD', isDirty: false },
    { volume: { partition: 1 }, file: 'Boot/BCD', configuration: undefined },
    { volume: { partition: 2 }, file: 'Boot/BCD', isDirty: true },
  ]);
  const device = { scheme: 'gpt', diskId, partitionId: partitionId(3) };
  expect(found[0]?.configuration).toEqual({
    manager: { scheme: 'mbr', diskId: '1234abcd', start: 2 ** 20 },
    entries: [{ id, title: 'W'.repeat(1024), program: device, system: device, folder: '\\Windows' }],
    first: id,
    shown: [id],
  });
});
