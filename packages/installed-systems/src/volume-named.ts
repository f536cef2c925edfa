import type { CandidateVolume } from './volume.js';

/** A volume as mount(8) names it; by its path only when that ends in the number of its partition on the same disk as `near`. */
export function volumeNamed(
  source: string,
  near: CandidateVolume,
  volumes: readonly CandidateVolume[],
): CandidateVolume | undefined {
  const [, path, escaped] = /^\/dev\/disk\/by-(uuid|label|partuuid|partlabel)\/(.+)$/u.exec(source) ?? [];
  const spelled = path === undefined ? source : `${path.toUpperCase()}=${unescaped(escaped ?? '')}`;
  const [, tag, value] = /^(UUID|LABEL|PARTUUID|PARTLABEL)=(.+)$/u.exec(spelled) ?? [];
  if (value !== undefined) {
    const named = volumes.filter((volume) => isNamed(volume, tag, value));
    // A copy of the disk has the same names.
    return named.find(({ disk }) => disk === near.disk) ?? named[0];
  }
  const number = /^\/dev\/(?:(?:[hsv]|xv)d[a-z]+|(?:nvme\d+n\d+|mmcblk\d+)p)(\d+)$/u.exec(source)?.[1];
  return volumes.find(({ disk, partition }) => disk === near.disk && partition === Number(number));
}

function isNamed(
  { id, label, partitionId, partitionName }: CandidateVolume,
  tag: string | undefined,
  value: string,
): boolean {
  if (tag === 'LABEL') return label === value;
  if (tag === 'PARTLABEL') return partitionName === value;
  const found = tag === 'UUID' ? id : partitionId;
  return found?.toLowerCase() === value.toLowerCase();
}

/** udev writes what a name of a file cannot hold as `\\x20`. */
function unescaped(text: string): string {
  return text.replaceAll(/\\x([0-9a-f]{2})/giu, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
