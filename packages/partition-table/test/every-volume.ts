import type { VolumePlan } from './dynamic-group.js';

/** One volume of each kind, on three disks. */
export const everyVolume: readonly VolumePlan[] = [
  { kind: 'simple', hint: 'C:', parts: [{ disk: 0, sectors: 8192 }] },
  {
    kind: 'spanned',
    hint: 'D:',
    parts: [
      { disk: 0, sectors: 8192 },
      { disk: 1, sectors: 4096 },
      { disk: 0, sectors: 2048 },
    ],
  },
  {
    kind: 'striped',
    parts: [
      { disk: 1, sectors: 4096 },
      { disk: 0, sectors: 4096 },
    ],
  },
  {
    kind: 'mirrored',
    parts: [
      { disk: 0, sectors: 4096 },
      { disk: 2, sectors: 4096 },
    ],
  },
  { kind: 'raid5', parts: [0, 1, 2].map((disk) => ({ disk, sectors: 4096 })) },
];
