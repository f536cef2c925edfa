import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { makeDisk, withVolume } from '@sysimage/fixtures';
import { installThirdParty } from './third-party.js';

/** A configuration that names one target of every kind, and whatever must run for them. */
export interface Places {
  readonly config: { readonly plugins: readonly string[]; readonly targets: Readonly<Record<string, object>> };
  readonly stop: () => Promise<void>;
}

interface Place {
  readonly targets: Readonly<Record<string, object>>;
  readonly plugins?: readonly string[];
  readonly stop?: () => Promise<void>;
}

const starters: readonly ((folder: string) => Promise<Place>)[] = [folders, ntfsVolume, crate];

/** Starts real places below a folder: file systems, servers. What was started is stopped again when one of them fails. */
export async function startPlaces(folder: string): Promise<Places> {
  const started: Place[] = [];
  const stop = async (): Promise<void> => {
    for (const place of started.toReversed()) await place.stop?.();
  };
  try {
    for (const [i, start] of starters.entries()) {
      const own = join(folder, `place-${i}`);
      mkdirSync(own);
      started.push(await start(own));
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    config: {
      plugins: started.flatMap(({ plugins = [] }) => plugins),
      targets: Object.fromEntries(started.flatMap(({ targets }) => Object.entries(targets))),
    },
    stop,
  };
}

async function folders(folder: string): Promise<Place> {
  return Promise.resolve({
    targets: {
      folder: { plugin: 'dir', path: join(folder, 'one') },
      'folder-again': { plugin: 'dir', path: join(folder, 'two') },
    },
  });
}

/** A real NTFS volume that stays mounted by ntfs-3g until the end. */
async function ntfsVolume(folder: string): Promise<Place> {
  const mebibyte = 1024 * 1024;
  const disk = await makeDisk(join(folder, 'volume.img'), {
    table: 'gpt',
    size: 200 * mebibyte,
    partitions: [{ type: 'ntfs', size: 160 * mebibyte, label: 'Backup' }],
  });
  return new Promise((resolve, reject) => {
    const unmounted = withVolume(
      disk,
      1,
      (mountPoint) =>
        new Promise<void>((end) => {
          const stop = async (): Promise<void> => {
            end();
            await unmounted;
          };
          resolve({ targets: { volume: { plugin: 'ntfs', path: join(mountPoint, 'backups') } }, stop });
        }),
    );
    unmounted.catch(reject);
  });
}

/** A plugin of somebody else, loaded by its path. */
async function crate(folder: string): Promise<Place> {
  const plugin = await installThirdParty(folder);
  return { plugins: [plugin], targets: { crate: { plugin: 'crate', folder: join(folder, 'crate') } } };
}
