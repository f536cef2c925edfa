/** `major:minor` from the number that `stat` tells, in the layout of glibc's `makedev`. */
export function deviceNumber(device: bigint): string {
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xffff_f000n);
  const minor = (device & 0xffn) | ((device >> 12n) & 0xffff_ff00n);
  return `${major}:${minor}`;
}

/** Devices without hardware: tmpfs, overlay, network, FUSE, btrfs. */
export function isAnonymous(number: string): boolean {
  return number.startsWith('0:');
}
