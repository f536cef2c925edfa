/** Blocks whose slots were given away before it was known whether they hold anything. */
export class SlotClaims {
  readonly #claims = new Map<number, { going: number; holds: boolean; readonly isNew: boolean }>();
  /** Slots that read as zeros and belong to no block. */
  readonly unused: number[] = [];

  /** `isNew`: the block had no slot before. True when, as far as is known, nothing stands there yet. */
  add(block: number, isNew: boolean): boolean {
    const claim = this.#claims.get(block) ?? { going: 0, holds: false, isNew };
    claim.going += 1;
    this.#claims.set(block, claim);
    return claim.isNew && !claim.holds;
  }

  /** One claim of a block has ended. `used`: its first bytes have come; `unused`: nobody has written there, and nobody will. */
  settle(block: number, holds: boolean): 'used' | 'unused' | undefined {
    const claim = this.#claims.get(block);
    if (claim === undefined) throw new RangeError(`nobody has claimed block ${block}`);
    claim.going -= 1;
    const isFirst = holds && !claim.holds && claim.isNew;
    claim.holds ||= holds;
    if (claim.going === 0) this.#claims.delete(block);
    if (isFirst) return 'used';
    return claim.going === 0 && claim.isNew && !claim.holds ? 'unused' : undefined;
  }
}
