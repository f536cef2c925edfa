/** A place on a target that is not what was written there. */
export interface Damage {
  /** Name of the object. */
  readonly object: string;
  /** The damage lies in these bytes of it; as narrow as what was written allows to tell. */
  readonly start: number;
  readonly end: number;
  /** What is wrong, in words. */
  readonly what: string;
  /** Ids of the versions that cannot be restored whole because of it. */
  readonly versions: readonly string[];
}

/** A damage, before it is known what it does to whom. */
export interface FoundDamage extends Omit<Damage, 'versions'> {
  /** The grain of the disk that lies there, if it is one. */
  readonly grain?: number | undefined;
  /** Nothing that a version holds lies there. */
  readonly harmless?: boolean | undefined;
}

/** For sorting: by object, and by place in it. */
export function byPlace(a: Damage, b: Damage): number {
  if (a.object === b.object) return a.start - b.start;
  return a.object < b.object ? -1 : 1;
}
