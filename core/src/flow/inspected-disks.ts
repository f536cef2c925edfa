import { SysimageError } from '../contract/errors.js';
import type { DiskSource } from '../contract/source.js';
import type { DiskLayout } from '../model/disk-layout.js';
import { isSelected, selectVolumes, type SelectionRequest } from '../plan/selection.js';
import type { EngineServices } from './engine.js';
import { inspectDisk, type InspectedDisk } from './inspect-disk.js';

/** What of which disks is looked at. */
export interface InspectionRequest extends SelectionRequest {
  /** Paths of whole disks or image files. */
  readonly disks: readonly string[];
  readonly leaveOut?: readonly string[];
}

/** Opens and looks at the disks of a request, and leaves out what was not asked for. */
export async function withInspected<T>(
  request: InspectionRequest,
  { disks }: EngineServices,
  work: (inspected: readonly InspectedDisk[]) => Promise<T>,
): Promise<T> {
  const sources: DiskSource[] = [];
  try {
    const inspected: InspectedDisk[] = [];
    for (const path of request.disks) {
      const source = await disks.openSource(path);
      sources.push(source);
      inspected.push(await inspectDisk(source, { leaveOut: request.leaveOut ?? [] }));
    }
    const layouts = selectVolumes(
      inspected.map(({ layout }) => layout),
      request,
    );
    return await work(inspected.map((disk, i) => withLayout(disk, layouts[i] ?? disk.layout)));
  } finally {
    for (const source of sources) await source.close();
  }
}

function withLayout(disk: InspectedDisk, layout: DiskLayout): InspectedDisk {
  const selected = new Set(layout.volumes.filter(isSelected).map(({ partition }) => partition));
  return {
    ...disk,
    layout,
    volumeMaps: new Map([...disk.volumeMaps].filter(([partition]) => selected.has(partition))),
  };
}

/** A map of blocks in use is true only as long as nobody mounts the volume for writing. */
export async function assertStill(
  inspected: readonly InspectedDisk[],
  { leaveOut = [] }: InspectionRequest,
  { disks }: EngineServices,
): Promise<void> {
  for (const before of inspected) {
    if (before.volumeMaps.size === 0) continue;
    const source = await disks.openSource(before.source.path);
    try {
      const now = await inspectDisk(source, { leaveOut });
      for (const [partition, map] of before.volumeMaps) {
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
