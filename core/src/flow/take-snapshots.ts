import { SysimageError } from '../contract/errors.js';
import { throwIfCancelled } from '../contract/cancellation.js';
import { snapshotOperation, type HeldVolumes, type MountedVolume, type SnapshotPiece } from '../contract/snapshot.js';
import type { Finding } from '../model/finding.js';
import type { EngineServices } from './engine.js';
import { leftSnapshotFinding } from './engine-findings.js';
import type { InspectedDisk } from './inspect-disk.js';
import { mountedVolume, snapshotOptions, type SnapshotRequest } from './offer-snapshots.js';
import type { SnapshotView } from './snapshot-source.js';

type Tell = (finding: Finding) => void;

/** Snapshots of all volumes of a run. */
export interface TakenSnapshots extends SnapshotView {
  /** Lets everything go, whatever fails: what stays is told. */
  readonly release: () => Promise<void>;
}

/** Removes what killed runs left on the machine. What cannot be removed now must keep nothing from being backed up, and is told. */
export async function tidySnapshots({ snapshots = [], log }: EngineServices, tell: Tell): Promise<void> {
  for (const provider of snapshots) {
    await provider.tidy().catch((error: unknown) => {
      log.write('snapshots-not-tidied', { error: String(error) });
      tell(leftSnapshotFinding(error, 'warn'));
    });
  }
}

/**
 * Takes what was offered, all volumes at one instant: every one is held before the first snapshot is made. Errors: `busy` and others of
 * providers, with nothing held.
 */
export async function takeSnapshots(
  inspected: readonly InspectedDisk[],
  request: SnapshotRequest,
  needed: ReadonlySet<string>,
  { snapshots: providers = [], log }: EngineServices,
  tell: Tell,
): Promise<TakenSnapshots> {
  const all: HeldVolumes[] = [];
  const release = async (): Promise<void> => {
    for (const held of all) {
      await held.release().catch((error: unknown) => {
        log.write('snapshot-not-released', { error: String(error) });
        tell(leftSnapshotFinding(error, 'error'));
      });
    }
  };
  try {
    // Who holds writers up for the shortest time is preferred, stands first, and comes last here.
    for (const provider of providers.toReversed()) {
      const volumes = volumesOf(inspected, provider.name);
      if (volumes.length === 0) continue;
      all.push(await provider.hold(volumes, snapshotOptions(request, needed)));
    }
    throwIfCancelled(snapshotOperation, request.signal === undefined ? {} : { signal: request.signal });
    const pieces: SnapshotPiece[] = [];
    for (const held of all.toReversed()) pieces.push(...(await held.take()));
    assertApart(pieces);
    const assertIntact = (): void => {
      for (const held of all) held.assertIntact();
    };
    return { pieces, assertIntact, release };
  } catch (error) {
    await release();
    throw error;
  }
}

function volumesOf(inspected: readonly InspectedDisk[], provider: string): readonly MountedVolume[] {
  return inspected.flatMap((disk) =>
    [...disk.snapshots].flatMap(([partition, snapshot]) =>
      snapshot.provider === provider ? [mountedVolume(disk, partition)] : [],
    ),
  );
}

function assertApart(pieces: readonly SnapshotPiece[]): void {
  const sorted = pieces.toSorted((a, b) => (a.disk === b.disk ? a.start - b.start : a.disk < b.disk ? -1 : 1));
  for (const [index, { disk, start, end }] of sorted.entries()) {
    const next = sorted[index + 1];
    const isFine = start >= 0 && start < end && (next === undefined || next.disk !== disk || next.start >= end);
    if (!isFine) throw new SysimageError('internal', `snapshots of ${disk} overlap at ${start}`);
  }
}
