import { expect, test } from '@jest/globals';
import type { VolumeSummary } from '../../src/contract/source.js';
import type { DiskLayout } from '../../src/model/disk-layout.js';
import { volumeRoles, type SurveyedSystem, type SystemSurvey } from '../../src/plan/volume-roles.js';
import { emptyLayout } from '../records.js';

const esp = 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b';
const recovery = 'DE94BBA4-06D1-4D40-A16A-BFD50179D6AC';

function summary(partition: number, more: Partial<VolumeSummary> = {}): VolumeSummary {
  return { path: `/dev/sda${partition}`, partition, start: partition, size: 1, mounts: [], above: [], ...more };
}

const mountedAt = (mountPoint: string): Pick<VolumeSummary, 'mounts'> => ({
  mounts: [{ mountPoint, readOnly: false }],
});

test('what nobody looked into: what the running system has mounted, and types of partitions', () => {
  const lvm = { path: '/dev/mapper/vg-root', kind: 'lvm', size: 1, above: [], ...mountedAt('/') };
  const volumes = [
    summary(0),
    summary(3, { start: 9, above: [lvm] }),
    summary(1, { type: '0xef', ...mountedAt('/boot/efi') }),
    summary(2, { type: esp }),
    summary(4, { start: 10, type: recovery }),
    summary(5, { start: 11, ...mountedAt('/srv') }),
    summary(6, { start: 12, mounts: [...mountedAt('/usr').mounts, ...mountedAt('/var').mounts] }),
  ];
  const why = 'nobody may';
  const linux = { family: 'linux' };
  expect(volumeRoles(volumes, { why })).toEqual([
    { partition: 1, roles: [{ role: 'system', ...linux }, { role: 'efi-system' }], critical: true, unknown: why },
    { partition: 2, roles: [{ role: 'efi-system' }], unknown: why },
    { partition: 3, roles: [{ role: 'boot', ...linux }], critical: true, unknown: why },
    { partition: 4, roles: [{ role: 'recovery' }], unknown: why },
    { partition: 5, roles: [], unknown: why },
    { partition: 6, roles: [{ role: 'part', ...linux }], critical: true, unknown: why },
  ]);
  expect(volumeRoles([summary(0, mountedAt('/'))], { why })).toMatchObject([{ partition: 0, critical: true }]);
});

const windows = (disk: number, needs: SurveyedSystem['needs']): SurveyedSystem => ({
  family: 'windows',
  name: `Windows ${disk}`,
  version: undefined,
  build: undefined,
  earlier: false,
  startKnown: true,
  needs,
});

function layout(...types: readonly string[]): DiskLayout {
  const places = types.map((type, i) => ({ index: i + 1, start: i, size: 1, type }));
  return {
    ...emptyLayout,
    partitions: places.map((place) => ({ ...place, active: false, kind: 'primary' })),
    volumes: places.map(({ index, start, size }) => {
      return { partition: index, start, size, consistency: 'clean', copied: 'used', usedBytes: 0 };
    }),
  };
}

test('what somebody looked into: what the systems on all disks need of this one', () => {
  const survey: SystemSurvey = {
    systems: [
      windows(0, [
        { disk: 1, partition: 3, role: 'boot' },
        { disk: 0, partition: 1, role: 'system' },
      ]),
      windows(1, [
        { disk: 0, partition: 2, role: 'boot' },
        { disk: 0, partition: 1, role: 'system' },
        { disk: 0, partition: 4, role: 'recovery' },
      ]),
    ],
    unread: [{ disk: 0, partition: 3, why: 'nobody can look into luks' }],
  };
  const role = (name: string, system: number): object => ({ role: name, family: 'windows', system });
  const mounted = [summary(2, mountedAt('/')), summary(3, mountedAt('/boot'))];
  expect(volumeRoles(mounted, { layout: layout(esp.toUpperCase(), '', '', recovery), disk: 0, survey })).toEqual([
    { partition: 1, roles: [role('system', 0), role('system', 1), { role: 'efi-system' }], critical: true },
    // What the running system is was found by looking.
    { partition: 2, roles: [role('boot', 1)], critical: true },
    {
      partition: 3,
      roles: [{ role: 'system', family: 'linux' }],
      critical: true,
      unknown: 'nobody can look into luks',
    },
    { partition: 4, roles: [role('recovery', 1)], critical: true },
  ]);
  expect(volumeRoles([], { layout: layout('', '', ''), disk: 1, survey })).toEqual([
    // What nobody could look into may be a system that needs them.
    { partition: 1, roles: [] },
    { partition: 2, roles: [] },
    { partition: 3, roles: [role('boot', 0)], critical: true },
  ]);
  const { systems } = survey;
  const known = { ...survey, systems: [...systems, windows(2, [{ disk: 0, partition: 3, role: 'boot' }])] };
  expect(volumeRoles([], { layout: layout('', '', ''), disk: 1, survey: known })[0]).toMatchObject({ critical: false });
});
