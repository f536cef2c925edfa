import type { Share, VerifyResult } from '@sysimage/core';

/** A verification that came to its end. */
export interface VerifyPass {
  /** ISO 8601. */
  readonly at: string;
  readonly of: VerifyResult['of'];
  /** Only this version was read. */
  readonly version?: string | undefined;
  readonly share?: Share | undefined;
  /** Versions of which nothing that was read is damaged, and the others. */
  readonly whole: readonly string[];
  readonly damaged: readonly string[];
}

export interface VerifyAge {
  /** When all of it had last been read and was whole, ISO 8601: with parts, the oldest of them. */
  readonly verifiedAt?: string;
  /** When damage was found, if all of it was not read again since. */
  readonly damagedAt?: string;
}

/** What is known of one version. Shares by chance say nothing of the whole. */
export function verifyAge(passes: readonly VerifyPass[], id: string): VerifyAge {
  const verifiedAt = latest([
    ...passes.filter(({ share, whole }) => share === undefined && whole.includes(id)).map(({ at }) => at),
    ...completeParts(passes.filter(({ whole }) => whole.includes(id))),
  ]);
  const damagedAt = latest(passes.filter(({ damaged }) => damaged.includes(id)).map(({ at }) => at));
  if (damagedAt !== undefined && (verifiedAt === undefined || damagedAt >= verifiedAt))
    return { damagedAt, ...(verifiedAt === undefined ? {} : { verifiedAt }) };
  return verifiedAt === undefined ? {} : { verifiedAt };
}

/** When any version was last read and found whole. */
export function lastVerified(passes: readonly VerifyPass[]): string | undefined {
  const ids = new Set(passes.flatMap(({ whole }) => whole));
  return latest([...ids].flatMap((id) => verifyAge(passes, id).verifiedAt ?? []));
}

/** For every division of which all parts were read: when the first of them was. */
function completeParts(passes: readonly VerifyPass[]): readonly string[] {
  const divisions = new Map<string, Map<number, string>>();
  for (const { at, of, version, share } of passes) {
    if (share?.kind !== 'part') continue;
    const division = JSON.stringify([of, version, share.of]);
    const parts = divisions.get(division) ?? new Map<number, string>();
    divisions.set(division, parts.set(share.part, at));
  }
  return [...divisions].flatMap(([division, parts]) => {
    const [, , count]: unknown[] = JSON.parse(division);
    return parts.size === count ? ([...parts.values()].toSorted()[0] ?? []) : [];
  });
}

function latest(moments: readonly string[]): string | undefined {
  return moments.toSorted().at(-1);
}
