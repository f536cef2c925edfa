import { SysimageError } from '../contract/errors.js';
import type { SnapshotProvider } from '../contract/snapshot.js';
import type { DiskSource } from '../contract/source.js';
import type { Target } from '../contract/target.js';
import type { DiskLayout } from '../model/disk-layout.js';
import type { Finding } from '../model/finding.js';
import { isSelected, selectVolumes, type SelectionRequest } from '../plan/selection.js';
import type { EngineServices } from './engine.js';
import { describeDisk, inspectDisk, type InspectedDisk } from './inspect-disk.js';
import { offerSnapshots, snapshotOptions, wantedProviders, type SnapshotRequest } from './offer-snapshots.js';
import { seeDisk, type SeenDisk } from './see-disk.js';
import { snapshotSource } from './snapshot-source.js';
import { takeSnapshots } from './take-snapshots.js';

/** What of which disks is looked at. */
export interface InspectionRequest extends SelectionRequest, SnapshotRequest {
  /** Paths of whole disks or image files. */
  readonly disks: readonly string[];
  readonly leaveOut?: readonly string[];
}

/**
 * Opens and looks at the disks of a request, leaves out what was not asked for, and finds out how volumes in use will be read. `needed`: file
 * systems that must stay writable.
 */
export async function withInspected<T>(
  request: InspectionRequest,
  needed: ReadonlySet<string>,
  { disks, snapshots = [] }: EngineServices,
  work: (inspected: readonly InspectedDisk[]) => Promise<T>,
): Promise<T> {
  const providers = wantedProviders(request, snapshots);
  const sources: DiskSource[] = [];
  try {
    const known: KnownDisk[] = [];
    for (const path of request.disks) {
      const source = await disks.openSource(path);
      sources.push(source);
      known.push({ source, seen: await seeDisk(source) });
    }
    return await work(await inspectKnown(known, request, needed, providers));
  } finally {
    for (const source of sources) await source.close();
  }
}

/** File systems that the target writes to. */
export function neededBy({ traits }: Pick<Target, 'traits'>): ReadonlySet<string> {
  return new Set(traits.fileSystemsBelow?.map(({ id }) => id));
}

/** A disk that was looked at. */
export interface KnownDisk {
  readonly source: DiskSource;
  readonly seen: SeenDisk;
}

/** What a request makes of disks that were looked at, and by whom volumes in use will be read. Reads nothing of the disks. */
export async function inspectKnown(
  known: readonly KnownDisk[],
  request: Omit<InspectionRequest, 'disks'>,
  needed: ReadonlySet<string>,
  providers: readonly SnapshotProvider[],
): Promise<readonly InspectedDisk[]> {
  const { leaveOut = [] } = request;
  const inspected = selected(
    known.map(({ source, seen }) => describeDisk(source, seen, { leaveOut })),
    request,
  );
  const offered: InspectedDisk[] = [];
  for (const [index, { source, seen }] of known.entries()) {
    const disk = inspected[index] ?? describeDisk(source, seen, { leaveOut });
    const offers = await offerSnapshots(disk, providers, snapshotOptions(request, needed));
    const hasLive = offers.snapshots.size + offers.noSnapshots.size > 0;
    offered.push(!hasLive ? disk : describeDisk(source, seen, { leaveOut, ...offers, promised: true }));
  }
  return selected(offered, request);
}

/** The same disks as they are at one instant, for as long as `work` goes on. Without an offer there is nothing to wait for. */
export async function withSnapshots<T>(
  inspected: readonly InspectedDisk[],
  request: InspectionRequest,
  needed: ReadonlySet<string>,
  { services, tell }: { readonly services: EngineServices; readonly tell: (finding: Finding) => void },
  work: (inspected: readonly InspectedDisk[]) => Promise<T>,
): Promise<T> {
  if (inspected.every(({ snapshots }) => snapshots.size === 0)) return work(inspected);
  const { leaveOut = [] } = request;
  const sources: DiskSource[] = [];
  const taken = await takeSnapshots(inspected, request, needed, services, tell);
  try {
    const now: InspectedDisk[] = [];
    for (const { source: before, snapshots } of inspected) {
      const source = await services.disks.openSource(before.path);
      sources.push(source);
      now.push({ ...(await inspectDisk(snapshotSource(source, taken), { leaveOut, snapshots })), view: taken });
    }
    return await work(selected(now, request));
  } finally {
    await taken.release();
    for (const source of sources) await source.close();
  }
}

function selected(inspected: readonly InspectedDisk[], request: SelectionRequest): readonly InspectedDisk[] {
  const layouts = selectVolumes(
    inspected.map(({ layout }) => layout),
    request,
    inspected.map(({ source }) => source),
  );
  return inspected.map((disk, i) => withLayout(disk, layouts[i] ?? disk.layout));
}

function withLayout(disk: InspectedDisk, layout: DiskLayout): InspectedDisk {
  const taken = new Set(layout.volumes.filter(isSelected).map(({ partition }) => partition));
  return {
    ...disk,
    layout,
    volumeMaps: new Map([...disk.volumeMaps].filter(([partition]) => taken.has(partition))),
  };
}

/**
 * A map of blocks in use is true only as long as nobody mounts the volume for writing. Of what will be read from a snapshot there is no true
 * one before that is taken.
 */
export async function assertStill(
  inspected: readonly InspectedDisk[],
  { leaveOut = [] }: InspectionRequest,
  { disks }: EngineServices,
): Promise<void> {
  for (const before of inspected) {
    const { view, snapshots } = before;
    // By now it is heard of everything that happened while the last bytes were read.
    view?.assertIntact();
    const maps = [...before.volumeMaps].filter(([partition]) => view !== undefined || !snapshots.has(partition));
    if (maps.length === 0) continue;
    const source = await disks.openSource(before.source.path);
    try {
      const now = await inspectDisk(view === undefined ? source : snapshotSource(source, view), {
        leaveOut,
        snapshots,
      });
      for (const [partition, map] of maps) {
        if (now.volumeMaps.get(partition)?.equals(map) === true) continue;
        throw new SysimageError('busy', `partition ${partition} of ${source.path} was changed during the backup`, {
          operation: 'backup',
          retry: 'later',
          remedy: 'Leave it unmounted, or mounted read-only, and run the backup again.',
        });
      }
    } finally {
      await source.close();
    }
  }
}
