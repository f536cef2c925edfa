import { posix } from 'node:path';
import { readLsblk } from './lsblk.js';
import type { MachineRecord } from './machine-record.js';
import type { DeviceFacts, MachineSource, Place } from './machine-source.js';

/**
 * A machine as it was recorded: nothing of the one that this process runs on is looked at. Which of its paths are links, and which are
 * there, nobody knows any more, so that paths are taken as they are written; those below `/dev` name devices.
 */
export function createRecordedMachine(record: MachineRecord): MachineSource {
  const devices = new Map<string, DeviceFacts>(record.blockDevices.map((device) => [device.name, device]));
  const numbers = new Map(record.blockDevices.map(({ name, attributes }) => [attributes['dev']?.trim(), name]));
  const links = linksOf(record);
  return {
    deviceNames: async () => [...devices.keys()].toSorted((a, b) => (a < b ? -1 : 1)),
    device: async (name) => devices.get(name),
    nameOf: async (number) => numbers.get(number),
    mountLines: async () => record.mountinfo,
    btrfs: async () => record.btrfs,
    lsblk: async () => record.lsblk,
    locate: async (path, { nearest = false } = {}) => locate(path, nearest),
    dynamic: async (name) =>
      (Object.hasOwn(record.dynamicDisks, name) ? record.dynamicDisks[name] : undefined) ?? 'unknown',
  };

  function locate(given: string, nearest: boolean): Place {
    if (!given.startsWith('/'))
      return { kind: 'nothing', why: `${given} is a relative path, which means nothing elsewhere` };
    const path = posix.resolve(given);
    if (path.startsWith('/dev/') && !path.startsWith('/dev/shm/')) {
      const number = devices.get(links.get(path) ?? path.slice('/dev/'.length).replaceAll('/', '!'))?.attributes['dev'];
      if (number !== undefined) return { kind: 'device', number: number.trim() };
      return { kind: 'nothing', why: `the recorded machine shows no device ${path}` };
    }
    // What is gone says so, and then it may have lain anywhere.
    if (!nearest && path.endsWith(' (deleted)'))
      return { kind: 'nothing', why: `${path} was gone when it was recorded` };
    // That it is a file nobody can tell any more, so that FUSE over one is not followed.
    return { kind: 'folder', path };
  }
}

/** Names of devices by the links that udev makes. */
function linksOf({ blockDevices, lsblk }: MachineRecord): ReadonlyMap<string, string> {
  const links = new Map<string, string>();
  const facts = readLsblk(lsblk);
  for (const { name, attributes } of blockDevices) {
    const mapped = attributes['dm/name']?.trim();
    const { id, label, partitionId, partitionName, path } = facts.get(attributes['dev']?.trim() ?? '') ?? {};
    const add = (folder: string, text: string | undefined): void => {
      if (text !== undefined && text !== '') links.set(`/dev/${folder}${text}`, name);
    };
    add('mapper/', mapped);
    if (attributes['dm/uuid']?.startsWith('LVM-') === true) add('', logicalVolumeOf(mapped));
    add('disk/by-uuid/', id);
    add('disk/by-label/', label);
    add('disk/by-partuuid/', partitionId);
    add('disk/by-partlabel/', partitionName);
    if (path !== undefined) links.set(path, name);
  }
  return links;
}

/** `vg--a-root` is `/dev/vg-a/root`: one hyphen parts the names, two stand for one. */
function logicalVolumeOf(mapped = ''): string | undefined {
  const [, group, volume] = /^((?:[^-]|--)+)-((?:[^-]|--)+)$/u.exec(mapped) ?? [];
  if (group === undefined || volume === undefined) return undefined;
  return `${group.replaceAll('--', '-')}/${volume.replaceAll('--', '-')}`;
}
