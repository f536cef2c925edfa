import type { RecordedDesk } from './recorded-desk.js';
import {
  computer,
  contents,
  disk,
  gibi,
  held,
  newest,
  root,
  shelf,
  target,
  there,
  traits,
  versions,
  type RuleCase,
} from './rule-case.js';

/** By the ids of the rules that are about the target. */
export const targetRuleCases: Readonly<Record<string, RuleCase>> = {
  'target/compressed': {
    fires: (desk) => void (traits(desk).volume = { state: 'clean', compressed: true }),
    severity: 'warn',
    says: /compressed by the volume/u,
    right: (desk) => void (traits(desk).volume = { state: 'clean', compressed: false }),
    unknown: {
      without: (desk) => void (traits(desk).volume = { state: 'clean' }),
      says: /are compressed by the volume is not known/u,
    },
  },
  'target/dynamic-disk': {
    fires: (desk) => Object.assign(there(traits(desk).physicalDisks?.[0]), { dynamic: 'yes' }),
    severity: 'warn',
    says: /a dynamic disk of Windows/u,
    unknown: {
      without: (desk) => Object.assign(there(traits(desk).physicalDisks?.[0]), { dynamic: 'unknown' }),
      says: /lies on a dynamic disk is not known/u,
    },
  },
  'target/file-size-limit': {
    fires: (desk) => void (traits(desk).fileSystem = 'vfat'),
    severity: 'error',
    says: /will take 100\.2 GiB, and vfat, on which \/srv\/backups lies, holds no file over 4\.0 GiB/u,
    right: (desk) => {
      traits(desk).fileSystem = 'vfat';
      root(desk).allocated = '8208,16384';
    },
    unknown: {
      without: (desk) => {
        delete traits(desk).fileSystem;
        traits(desk).fileSystemsBelow = [];
      },
      says: /How large a file on \/srv\/backups may be is not known/u,
    },
  },
  'target/file-system': {
    fires: (desk) => void (traits(desk).fileSystem = 'ext4'),
    options: ['--profile', 'windows-7'],
    severity: 'block',
    says: /lies on ext4: Windows 7/u,
    unknown: {
      without: (desk) => void delete traits(desk).fileSystem,
      says: /On which file system .* is not known/u,
    },
  },
  'target/free-space': {
    fires: (desk) => {
      shelf(desk).free = 50 * gibi;
      delete held(desk).allocation;
    },
    severity: 'error',
    says: /needs about 100\.0 GiB, and \/srv\/backups has 50\.0 GiB free/u,
    right: (desk) => void (shelf(desk).free = 51 * gibi),
    unknown: {
      without: (desk) => void delete shelf(desk).free,
      says: /How much is free on \/srv\/backups is not known/u,
    },
  },
  'target/in-memory': {
    fires: (desk) => Object.assign(there(traits(desk).fileSystemsBelow?.[0]), { keeper: 'memory' }),
    severity: 'error',
    says: /in the memory of this machine/u,
    unknown: {
      without: (desk) => void delete traits(desk).fileSystemsBelow,
      says: /What keeps the bytes of the target \/srv\/backups is not known: the target does not tell/u,
    },
  },
  'target/interrupted-run': {
    fires: (desk) => void (computer(desk).openRuns = 1),
    severity: 'info',
    says: /was cut, or goes on elsewhere/u,
    unknown: versions,
  },
  'target/many-versions': {
    fires: (desk) => addVersions(desk, 198),
    severity: 'warn',
    says: /There are 200 versions/u,
    right: (desk) => addVersions(desk, 197),
    unknown: versions,
  },
  'target/nearly-full': {
    fires: (desk) => void (shelf(desk).free = 49 * gibi),
    severity: 'warn',
    says: /has about 49\.0 GiB left of 1000\.0 GiB/u,
    right: (desk) => void (shelf(desk).free = 51 * gibi),
    unknown: {
      without: (desk) => void delete shelf(desk).total,
      says: /How full \/srv\/backups will be is not known/u,
    },
  },
  'target/network-mount': {
    fires: (desk) => Object.assign(there(traits(desk).fileSystemsBelow?.[0]), { type: 'nfs4', keeper: 'server' }),
    severity: 'warn',
    says: /nfs4 at \/srv\/backups/u,
    unknown: {
      without: (desk) => void delete traits(desk).fileSystemsBelow,
      says: /is mounted from is not known: the target does not tell/u,
    },
  },
  'target/no-recent-version': {
    fires: (desk) => void (newest(desk).createdAt = '2026-02-26T11:00:00.000Z'),
    severity: 'warn',
    says: /of \/dev\/sda on \/srv\/backups is 3 days old; it should be at most 2/u,
    right: (desk) => void (newest(desk).createdAt = '2026-02-27T11:00:00.000Z'),
    unknown: versions,
  },
  'target/not-clean': {
    fires: (desk) => void (traits(desk).volume = { state: 'unclean', stateReason: 'hibernated' }),
    severity: 'warn',
    says: /hibernated/u,
    right: (desk) => void (traits(desk).volume = { state: 'clean' }),
    unknown: {
      without: (desk) => void (traits(desk).volume = { state: 'unknown' }),
      says: /was put away in order is not known/u,
    },
  },
  'target/renamed-computer': {
    fires: (desk) => {
      shelf(desk).computers.push({ ...computer(desk), name: 'old', owner: { name: 'old', machineId: 'one' } });
      computer(desk).versions = [];
    },
    severity: 'warn',
    says: /no version of desk on \/srv\/backups, but this very machine is there as old/u,
    right: (desk) => {
      shelf(desk).computers.push({ ...computer(desk), name: 'old', owner: { name: 'old', machineId: 'two' } });
      computer(desk).versions = [];
    },
    unknown: versions,
  },
  'target/replaced-in-place': {
    fires: (desk) => {
      traits(desk).singleVersion = true;
      shelf(desk).free = 50 * gibi;
    },
    severity: 'warn',
    says: /no room on \/srv\/backups for two images/u,
    right: (desk) => void (traits(desk).singleVersion = true),
    unknown: target,
  },
  'target/same-physical-disk': {
    fires: (desk) => Object.assign(there(traits(desk).physicalDisks?.[0]), there(disk(desk).physicalDisks?.[0])),
    severity: 'error',
    says: /lies on \/dev\/sda, the same physical disk/u,
    unknown: {
      without: (desk) => void delete traits(desk).physicalDisks,
      says: /Which physical disks the target \/srv\/backups lies on is not known/u,
    },
  },
  'target/single-version': {
    fires: (desk) => void (traits(desk).singleVersion = true),
    severity: 'warn',
    says: /keeps only the newest version/u,
    unknown: target,
  },
  'target/size': {
    fires: (desk) => void (shelf(desk).total = 149 * gibi),
    severity: 'warn',
    says: /has 149\.0 GiB in all/u,
    right: (desk) => void (shelf(desk).total = 151 * gibi),
    unknown: contents,
  },
  'target/system-volume': {
    fires: (desk) => Object.assign(there(traits(desk).fileSystemsBelow?.[0]), { mountPoint: '/' }),
    severity: 'warn',
    says: /on the volume of the running system/u,
    unknown: {
      without: (desk) => void delete traits(desk).fileSystemsBelow,
      says: /Which file systems the target \/srv\/backups lies in is not known/u,
    },
  },
  'target/verify-overdue': {
    fires: (desk) => void (computer(desk).verifiedAt = '2026-01-20T12:00:00.000Z'),
    severity: 'warn',
    says: /for 40 days; it should be every 35/u,
    right: (desk) => void (computer(desk).verifiedAt = '2026-01-26T12:00:00.000Z'),
    unknown: {
      without: (desk) => void delete computer(desk).verifiedAt,
      says: /this machine never verified them/u,
    },
  },
  'target/version-in-future': {
    fires: (desk) => void (newest(desk).createdAt = '2026-03-01T12:10:00.000Z'),
    severity: 'error',
    says: /10 minutes later than it is now/u,
    right: (desk) => void (newest(desk).createdAt = '2026-03-01T12:02:00.000Z'),
    unknown: versions,
  },
  'target/whole-versions': {
    fires: (desk) => void (shelf(desk).facets = ['capacity']),
    severity: 'info',
    says: /takes the room of a whole image/u,
    unknown: target,
  },
};

function addVersions(desk: RecordedDesk, count: number): void {
  const oldest = there(computer(desk).versions[0]);
  computer(desk).versions.unshift(...Array.from({ length: count }, () => oldest));
}
