import { expect, test } from '@jest/globals';
import { makeSoftwareHive } from '@sysimage/fixtures';
import { findSystems } from '../src/index.js';
import { diskId, volume } from './candidate-volumes.js';

test('of what a system calls itself no more is told than anybody reads', async () => {
  const hive = makeSoftwareHive({ ProductName: 'W'.repeat(9000), CurrentBuildNumber: '19045' });
  const systems = await findSystems(
    [{ id: diskId, scheme: 'gpt' }],
    [
      volume(1, { 'Windows/System32/config/SOFTWARE': hive }),
      volume(2, { 'etc/os-release': `PRETTY_NAME="${'D'.repeat(9000)}"` }),
    ],
  );
  expect(systems.map(({ name }) => name)).toEqual(['W'.repeat(256), 'D'.repeat(256)]);
});
