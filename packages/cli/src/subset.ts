import type { Share } from '@sysimage/core';

/** What `--subset` says. A percentage needs a seed to become a share. */
export type Subset = Extract<Share, { kind: 'part' }> | { readonly kind: 'random'; readonly percent: number };

/** `3/10` or `5%`, also `0.5%`; `undefined` for anything else. */
export function parseSubset(text: string): Subset | undefined {
  const [, part, of] = /^(\d{1,6})\/(\d{1,6})$/u.exec(text) ?? [];
  if (part !== undefined && of !== undefined) {
    const isThere = Number(part) >= 1 && Number(part) <= Number(of);
    return isThere ? { kind: 'part', part: Number(part), of: Number(of) } : undefined;
  }
  const percent = Number(/^(\d{1,3}(?:\.\d{1,6})?)%$/u.exec(text)?.[1]);
  return percent > 0 && percent <= 100 ? { kind: 'random', percent } : undefined;
}

/** As `--subset` would say it. */
export function subsetInWords(share: Share): string {
  return share.kind === 'part' ? `part ${share.part} of ${share.of}` : `${share.percent}%, with --seed ${share.seed}`;
}
