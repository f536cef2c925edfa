import type { Hasher } from '../contract/services.js';

/** Bytes of an object, or of a disk, that are in a share together or not at all. */
const stripeSize = 2 * 1024 * 1024;

/** Some of what could be read. */
export type Share =
  /** All parts from 1 to `of` together are everything, and nothing is in two of them. */
  | { readonly kind: 'part'; readonly part: number; readonly of: number }
  /** About so much, chosen by chance; the same for the same seed, a whole number. */
  | { readonly kind: 'random'; readonly percent: number; readonly seed: number };

/** Whether what lies at this offset, bytes, of the thing of this name is wanted. */
export type Wanted = (name: string, offset: number) => boolean;

/** What is in a share. It stays so while other things come and go. Without a share: everything. */
export function inShare(share: Share | undefined, hasher: Hasher): Wanted {
  if (share === undefined) return () => true;
  const chance = (text: string): number => {
    const { buffer, byteOffset } = hasher.digest(new TextEncoder().encode(text));
    return new DataView(buffer, byteOffset).getUint32(0);
  };
  const stripeOf = (offset: number): number => Math.floor(offset / stripeSize);
  if (share.kind === 'random') {
    const { seed, percent } = share;
    return (name, offset) => chance(`${seed} ${name} ${stripeOf(offset)}`) < (percent / 100) * 2 ** 32;
  }
  const starts = new Map<string, number>();
  return (name, offset) => {
    // Parts begin elsewhere in each object, so that small ones are not all in the first.
    const start = starts.get(name) ?? chance(name);
    starts.set(name, start);
    return (start + stripeOf(offset)) % share.of === share.part - 1;
  };
}

/** How much of everything a share is, from 0 to 1. */
export function fractionOf(share: Share | undefined): number {
  if (share === undefined) return 1;
  return share.kind === 'part' ? 1 / share.of : share.percent / 100;
}
