import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { cephKeys, makeDisk, sambaPassword, startCeph, startSamba, withVolume } from '@sysimage/fixtures';
import { mountNew, unmount } from './places.js';
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

const starters: readonly ((folder: string) => Promise<Place>)[] = [
  folders,
  copies,
  ntfsVolume,
  ntfsImage,
  crate,
  share,
  bucket,
  discs,
];

/**
 * Starts real places below a folder: file systems, servers; all of them, or those with these names. What was started is stopped again
 * when one of them fails.
 */
export async function startPlaces(folder: string, names?: readonly string[]): Promise<Places> {
  const started: Place[] = [];
  const stop = async (): Promise<void> => {
    for (const place of started.toReversed()) await place.stop?.();
  };
  try {
    for (const [i, start] of starters.entries()) {
      if (names?.includes(start.name) === false) continue;
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
  return Promise.resolve({ targets: { folder: { plugin: 'dir', path: folder } } });
}

/** A folder whose file system lets files share blocks. */
async function copies(folder: string): Promise<Place> {
  const mountPoint = join(folder, 'volume');
  await mountNew(mountPoint, 320 * 1024 * 1024, 'xfs', '-q');
  const targets = { copies: { plugin: 'dir', path: join(mountPoint, 'backups') } };
  return { targets, stop: () => unmount(mountPoint) };
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

/** The same in an image file, which every run mounts for itself. */
async function ntfsImage(folder: string): Promise<Place> {
  const mebibyte = 1024 * 1024;
  const { path } = await makeDisk(join(folder, 'image.img'), {
    table: 'mbr',
    size: 200 * mebibyte,
    partitions: [
      { type: 'blank', size: 8 * mebibyte },
      { type: 'ntfs', size: 160 * mebibyte, label: 'Backup' },
    ],
  });
  return { targets: { image: { plugin: 'ntfs', path, partition: 2, folder: 'backups' } } };
}

/** A plugin of somebody else, loaded by its path. */
async function crate(folder: string): Promise<Place> {
  const plugin = await installThirdParty(folder);
  return { plugins: [plugin], targets: { crate: { plugin: 'crate', folder: join(folder, 'crate') } } };
}

/** A real smbd on loopback: as a share is by default, and told to keep versions. */
async function share(folder: string): Promise<Place> {
  mkdirSync(join(folder, 'share'));
  const samba = await startSamba({ folder: join(folder, 'share') });
  const options = {
    plugin: 'smb',
    host: '127.0.0.1',
    port: samba.port,
    share: 'data',
    user: samba.user,
    password: sambaPassword,
  };
  return {
    targets: {
      share: { ...options, path: 'single' },
      'share-keeping': { ...options, path: 'keeping', versions: 'keep' },
    },
    stop: () => samba.stop(),
  };
}

/** A real S3 server on loopback. */
async function bucket(folder: string): Promise<Place> {
  const ceph = await startCeph(folder);
  try {
    const client = new S3Client({
      endpoint: ceph.endpoint,
      region: 'us-east-1',
      forcePathStyle: true,
      // A copy: the client writes into what it is given.
      credentials: { ...cephKeys },
    });
    await client.send(new CreateBucketCommand({ Bucket: 'images' }));
    client.destroy();
  } catch (error) {
    await ceph.stop();
    throw error;
  }
  return {
    targets: { bucket: { plugin: 's3', bucket: 'images', prefix: 'office', endpoint: ceph.endpoint, ...cephKeys } },
    stop: () => ceph.stop(),
  };
}

/** Disc images, small enough that a backup needs several. */
async function discs(folder: string): Promise<Place> {
  return Promise.resolve({ targets: { discs: { plugin: 'optical', folder, capacity: '12MiB' } } });
}
