import { SysimageError } from '../contract/errors.js';
import {
  snapshotOperation,
  type MountedVolume,
  type SnapshotOffer,
  type SnapshotProvider,
} from '../contract/snapshot.js';
import type { DiskFacts } from '../model/disk-facts.js';

/** The providers of a recorded machine: they offer what they did then. `wanted` is one of them in any case, if it names one. */
export function recordedSnapshots(disks: readonly DiskFacts[], wanted = 'auto'): readonly SnapshotProvider[] {
  const offers = disks.flatMap(({ snapshots }) => snapshots.flatMap((each) => each.offers));
  const names = new Set(offers.map(({ provider }) => provider));
  if (wanted !== 'auto' && wanted !== 'none') names.add(wanted);
  return [...names].map((name) => ({
    name,
    tidy: () => Promise.resolve(),
    offer: (volume) => Promise.resolve(offerOf(disks, name, volume)),
    hold: () =>
      Promise.reject(
        new SysimageError('unsupported', 'volumes of a recorded machine cannot be held', {
          operation: snapshotOperation,
        }),
      ),
  }));
}

function offerOf(disks: readonly DiskFacts[], provider: string, { disk: path, start }: MountedVolume): SnapshotOffer {
  const disk = disks.find((each) => each.path === path);
  const partition = disk?.partitions.find((each) => each.start === start)?.index ?? 0;
  const volume = disk?.snapshots.find((each) => each.partition === partition);
  const found = volume?.offers.find((each) => each.provider === provider);
  return found?.offer ?? { whyNot: 'what it can do here was not recorded' };
}
