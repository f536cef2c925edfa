import { expect, test } from '@jest/globals';
import type { CatalogFacts } from '../../src/model/catalog-facts.js';
import type { DiskLayout } from '../../src/model/disk-layout.js';
import type { BackupPlan } from '../../src/model/plan.js';
import { assertSameMachine } from '../../src/plan/assert-same-machine.js';
import { emptyLayout } from '../records.js';

const layout: DiskLayout = { ...emptyLayout, model: 'M', serial: 'S' };
const image = { name: 'image', kind: 'in-place' } as const;
const held = (name: string, key: string): CatalogFacts => ({
  owner: { name: 'desk', machineId: 'one' },
  versions: [
    {
      id: 'a',
      createdAt: '2026-01-01T00:00:00.000Z',
      good: true,
      disks: [{ key, layout, image, unreadableBytes: 0 }],
      systems: [{ disk: key, family: 'linux', name }],
    },
  ],
  lost: [],
  openRuns: 0,
});
const debian: BackupPlan['systems'] = [
  { family: 'linux', name: 'Debian 13', version: '13', build: undefined, needs: [], startKnown: true },
];
const claim = { computer: 'desk', machineId: 'two', takeOver: false, systems: debian };
const disk = { path: '/dev/sda', key: 'gpt-1', layout };

function refusalOf(claimant: Partial<typeof claim>, catalog: CatalogFacts, disks = [disk]): unknown {
  try {
    assertSameMachine({ ...claim, ...claimant }, '/mnt', catalog, disks);
    return undefined;
  } catch (error) {
    return error;
  }
}

test('its own folder, one of nobody, and one that is taken over are nobody else’s', () => {
  expect(refusalOf({ machineId: 'one' }, held('Debian 12', 'gpt-1'))).toBeUndefined();
  expect(refusalOf({}, { versions: [], lost: [], openRuns: 0 })).toBeUndefined();
  expect(refusalOf({}, { ...held('Debian 12', 'gpt-1'), owner: { name: 'desk' } })).toBeUndefined();
  expect(refusalOf({ takeOver: true }, held('Debian 12', 'gpt-1'))).toBeUndefined();
});

test('the same disk under another identity is a machine that was installed anew', () => {
  const byKey = refusalOf({}, held('Debian 12', 'gpt-1'), [{ ...disk, layout: emptyLayout }]);
  const message = expect.stringMatching(/installed anew.*\/dev\/sda is the same disk.* Debian 12 was .* Debian 13 is/u);
  const remedy = expect.stringMatching(/^Go on in its folder with --take-over/u);
  expect(byKey).toMatchObject({ code: 'already-exists', message, remedy });
  expect(refusalOf({}, held('Debian 12', 'gpt-2'))).toMatchObject({ message });
  // Of the same system, or of none that is known, there is nothing to tell.
  for (const refusal of [refusalOf({}, held('Debian 13', 'gpt-1')), refusalOf({ systems: [] }, held('X', 'gpt-1'))])
    expect(refusal).toMatchObject({ message: expect.stringMatching(/identity of the machine is another\.$/u) });
});

test('other disks under another identity are another computer of that name', () => {
  const other = { message: expect.stringContaining('another computer called desk: none of its disks') };
  expect(refusalOf({}, held('Debian 12', 'gpt-2'), [{ ...disk, layout: emptyLayout }])).toMatchObject(other);
  expect(refusalOf({}, held('X', 'gpt-2'), [{ ...disk, layout: { ...layout, size: 1 } }])).toMatchObject({
    ...other,
    remedy: expect.stringMatching(/^Give this computer another name with --computer/u),
  });
  // Of what is not there, or cannot be read, nobody knows whose disks it was of.
  const unknown = {
    code: 'already-exists',
    message: expect.stringMatching(/no version there tells by its disks which$/u),
  };
  expect(refusalOf({}, { ...held('X', 'gpt-1'), versions: [] })).toMatchObject(unknown);
  expect(
    refusalOf({}, { ...held('X', 'gpt-2'), lost: [{ id: 'b' }] }, [{ ...disk, layout: emptyLayout }]),
  ).toMatchObject(unknown);
});
