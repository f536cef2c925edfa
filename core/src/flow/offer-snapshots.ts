import { SysimageError } from '../contract/errors.js';
import {
  snapshotOperation,
  type MountedVolume,
  type SnapshotOffer,
  type SnapshotOptions,
  type SnapshotProvider,
} from '../contract/snapshot.js';
import { isSelected } from '../plan/selection.js';
import { mountsIn, type VolumeSnapshot } from './describe-volume.js';
import type { InspectedDisk } from './inspect-disk.js';

/** What becomes of volumes in use. */
export interface SnapshotRequest {
  /** `auto`: the best that is offered; `none`; or the name of a provider. Default `auto`. */
  readonly snapshot?: string;
  /** Milliseconds for which whoever writes to a volume may be held up; default 60 000. */
  readonly freezeLimit?: number;
  readonly signal?: AbortSignal;
}

/** By index of the partition: by whom a volume will be read, or why by nobody. */
export interface OfferedSnapshots {
  readonly snapshots: ReadonlyMap<number, VolumeSnapshot>;
  readonly noSnapshots: ReadonlyMap<number, string>;
}

const usualLimit = 60_000;

export function snapshotOptions(
  { freezeLimit = usualLimit, signal }: SnapshotRequest,
  needed: ReadonlySet<string>,
): SnapshotOptions {
  return { needed, limit: freezeLimit, signal };
}

/** The providers that a request wants. Errors: `invalid` for a name that none has. */
export function wantedProviders(
  { snapshot = 'auto' }: SnapshotRequest,
  providers: readonly SnapshotProvider[],
): readonly SnapshotProvider[] {
  if (snapshot === 'none') return [];
  if (snapshot === 'auto') return providers;
  const wanted = providers.filter(({ name }) => name === snapshot);
  if (wanted.length > 0) return wanted;
  const names = ['auto', 'none', ...providers.map(({ name }) => name)];
  throw new SysimageError('invalid', `nothing makes snapshots called "${snapshot}"`, {
    operation: snapshotOperation,
    remedy: `There are: ${names.join(', ')}.`,
  });
}

/** Asks, for every volume of a disk that is in use and wanted, who can read it as it is at one instant. */
export async function offerSnapshots(
  disk: InspectedDisk,
  providers: readonly SnapshotProvider[],
  options: SnapshotOptions,
): Promise<OfferedSnapshots> {
  const snapshots = new Map<number, VolumeSnapshot>();
  const noSnapshots = new Map<number, string>();
  if (providers.length === 0) return { snapshots, noSnapshots };
  for (const volume of disk.layout.volumes) {
    if (volume.consistency !== 'live' || !isSelected(volume)) continue;
    const offers = await offersFor(disk, volume.partition, providers, options);
    const made = offers.filter((offer) => 'consistency' in offer);
    const best = made.find(({ consistency }) => consistency === 'frozen') ?? made[0];
    if (best !== undefined) snapshots.set(volume.partition, best);
    else noSnapshots.set(volume.partition, offers.flatMap((offer) => whyNotOf(offer)).join('; '));
  }
  return { snapshots, noSnapshots };
}

/** What one provider can do for a volume. */
export type ProviderOffer = SnapshotOffer & { readonly provider: string };

/** What every provider can do for a volume that is in use. */
export async function offersFor(
  disk: InspectedDisk,
  partition: number,
  providers: readonly SnapshotProvider[],
  options: SnapshotOptions,
): Promise<readonly ProviderOffer[]> {
  const mounted = mountedVolume(disk, partition);
  const offers: ProviderOffer[] = [];
  for (const provider of providers) {
    offers.push({ ...(await provider.offer(mounted, options)), provider: provider.name });
  }
  return offers;
}

function whyNotOf(offer: ProviderOffer): readonly string[] {
  return 'whyNot' in offer ? [`${offer.provider}: ${offer.whyNot}`] : [];
}

/** A volume as providers see it. */
export function mountedVolume({ source, layout }: InspectedDisk, partition: number): MountedVolume {
  const volume = layout.volumes.find((each) => each.partition === partition);
  if (volume === undefined) throw new SysimageError('internal', `${source.path} has no partition ${partition}`);
  const { start, size } = volume;
  return { disk: source.path, start, size, mounts: mountsIn(source, { start, size }) };
}
