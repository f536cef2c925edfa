import type { ObjectName, ObjectStat } from '@sysimage/core/plugin';

/** What a server says of an object. All of it may be missing or nonsense. */
export interface Told {
  readonly size: number | undefined;
  readonly etag?: string | undefined;
  readonly modified?: Date | undefined;
}

/** `undefined` when the size is none. */
export function statOf(name: ObjectName, { size, etag, modified }: Told): ObjectStat | undefined {
  if (size === undefined || !Number.isSafeInteger(size) || size < 0) return undefined;
  const state = stateOf(etag);
  return {
    name,
    size,
    ...(modified === undefined || Number.isNaN(modified.getTime()) ? {} : { modified }),
    ...(state === undefined ? {} : { state }),
  };
}

/** The entity tag without its quotes: servers do not agree on them, not even with themselves. */
export function stateOf(etag: string | undefined): string | undefined {
  const state = etag?.replace(/^W\//u, '').replaceAll('"', '');
  return state === undefined || state === '' || state.length > 256 ? undefined : state;
}
