import { expect, test } from '@jest/globals';
import type { Target } from '@sysimage/core';
import { loadConfig } from '../src/config/load-config.js';
import { parseRate } from '../src/targets/rate.js';
import { limitOf, partsOf, retryOf, type TargetSettings } from '../src/targets/target-settings.js';

const traits = (transport: Target['traits']['transport']): Target['traits'] => ({
  identity: 'i',
  location: 'l',
  medium: 'share',
  writeOnce: false,
  singleVersion: false,
  transport,
});
const settingsOf = (text: string): TargetSettings => {
  const configured = loadConfig(`targets: { nas: { plugin: smb, host: h, ${text} } }`, 'c').config.targets['nas'];
  return configured === undefined ? {} : partsOf(configured).settings;
};
// 2026-01-05 is a Monday.
const at = (day: number, hour: number): Date => new Date(2026, 0, 4 + day, hour);

test.each([
  ['1KB', 1000],
  ['1KiB', 1024],
  ['1.5MiB', 1_572_864],
  ['0.5KB', undefined],
  ['10GiB', 10 * 2 ** 30],
  ['0MiB', undefined],
  ['10', undefined],
  ['10 MiB', undefined],
  ['-1MiB', undefined],
  ['9999999MiB', undefined],
  ['1MiB/s', undefined],
  ['1mib', undefined],
])('%s is %s bytes per second', (text, bytes) => {
  expect(parseRate(text)).toBe(bytes);
});

test('what is the program’s own does not reach the plugin', () => {
  const nas = { plugin: 'smb', host: 'h', retry: { tries: 3 }, limit: { upload: '1MiB' } };
  expect(partsOf(nas)).toEqual({
    kind: 'smb',
    options: { host: 'h' },
    settings: { retry: { tries: 3 }, limit: { upload: '1MiB' } },
  });
});

test('calls over a network are repeated, others where that is wanted', () => {
  const usual = { tries: 6, pause: 500, longestPause: 8000 };
  for (const transport of ['plain', 'signed', 'encrypted'] as const)
    expect(retryOf({}, traits(transport))).toEqual(usual);
  expect(retryOf({}, traits('local'))).toBeUndefined();
  expect(retryOf(settingsOf('retry: {}'), traits('local'))).toEqual(usual);
  expect(retryOf(settingsOf('retry: { tries: 1 }'), traits('plain'))).toEqual({ ...usual, tries: 1 });
  expect(retryOf(settingsOf('retry: { pause: 2s, longestPause: 1m }'), traits('plain'))).toEqual({
    tries: 6,
    pause: 2000,
    longestPause: 60_000,
  });
});

test('limits: always, at some hours, and on the command line', () => {
  expect(limitOf({}, {})).toBeUndefined();
  const night = `{ from: "22:00", to: "06:00", days: [fri], download: 5MB }`;
  const settings = settingsOf(
    `limit: { upload: 1MiB, windows: [{ from: "08:00", to: "18:00", days: [mon], upload: 2KiB }, ${night}] }`,
  );
  const limit = limitOf(settings, {});
  expect([limit?.('upload', at(1, 9)), limit?.('download', at(1, 9))]).toEqual([2048, undefined]);
  expect([limit?.('upload', at(2, 9)), limit?.('download', at(2, 9))]).toEqual([2 ** 20, undefined]);
  expect([limit?.('upload', at(6, 5)), limit?.('download', at(6, 5))]).toEqual([undefined, 5_000_000]);
  const everyDay = limitOf(settingsOf('limit: { windows: [{ from: "12:00", to: "24:00", upload: 1KB }] }'), {});
  expect([0, 1, 2, 3, 4, 5, 6].map((day) => everyDay?.('upload', at(day, 23)))).toEqual(Array(7).fill(1000));
  expect(everyDay?.('upload', at(3, 11))).toBeUndefined();
  const given = limitOf(settings, { upload: 7 });
  expect([given?.('upload', at(1, 9)), given?.('download', at(5, 23))]).toEqual([7, 5_000_000]);
  expect(limitOf({}, { download: 9 })?.('download', at(1, 1))).toBe(9);
  expect(limitOf({}, { download: 9 })?.('upload', at(1, 1))).toBeUndefined();
});
