import { isObjectName, objectName, type ObjectName } from '../contract/names.js';
import type { Hasher } from '../contract/services.js';
import type { CallOptions, Facets, Target, TargetParts } from '../contract/target.js';
import { once, readSmall } from '../image/object-io.js';
import { decodeStamped, encodeStamped } from '../image/stamped-json.js';
import { probeRecordSchema, type ProbeRecord } from '../model/probe-record.js';

const recordLimit = 1024 * 1024;

/** Where checks work and leave what they found out; nothing of a backup lies there. */
export const checkPrefix = objectName('sysimage-check');

/** The object of the record; one for each kind, because a place may be reached in several ways. `undefined` for odd kinds. */
export function probeName(kind: string): ObjectName | undefined {
  const name = `${checkPrefix}/probe-${kind}.json`;
  return isObjectName(name) ? name : undefined;
}

/**
 * What the last check of this place found out. `undefined` when there was none, when it was of another place, when it cannot be
 * read, and on media that are written once, where it could never be replaced. Errors: those of the target.
 */
export async function readProbe(
  target: Target,
  kind: string,
  hasher: Hasher,
  options?: CallOptions,
): Promise<ProbeRecord | undefined> {
  const name = probeName(kind);
  if (name === undefined || target.traits.writeOnce) return undefined;
  const bytes = await readSmall(target, name, recordLimit, options);
  if (bytes === undefined) return undefined;
  const parsed = probeRecordSchema.safeParse(decodeStamped(bytes, hasher));
  return parsed.success && parsed.data.kind === kind && parsed.data.identity === target.traits.identity
    ? parsed.data
    : undefined;
}

/** Leaves a record on the target. Resolves with its name, or with nothing where there can be none. */
export async function writeProbe(
  target: Target,
  record: ProbeRecord,
  hasher: Hasher,
  options?: CallOptions,
): Promise<ObjectName | undefined> {
  const name = probeName(record.kind);
  if (name === undefined || target.traits.writeOnce) return undefined;
  const bytes = encodeStamped(record, hasher);
  await target.put(name, bytes.length, () => once(bytes), options);
  return name;
}

/** Facets that a target can do without. That somebody must change pieces (`media`) is no ability, and stays. */
const dispensable: readonly Exclude<keyof Facets, 'media'>[] = [
  'random',
  'batch',
  'history',
  'capacity',
  'lease',
  'retention',
];

/** The same target without what a check found broken. A record can take away, and never give. */
export function withoutWithheld(parts: TargetParts, record: Pick<ProbeRecord, 'withheld'> | undefined): TargetParts {
  const withheld = new Set(record?.withheld.map(({ facet }) => facet));
  const doomed = dispensable.filter((facet) => parts.facets[facet] !== undefined && withheld.has(facet));
  if (doomed.length === 0) return parts;
  const facets: { -readonly [K in keyof Facets]?: Facets[K] } = { ...parts.facets };
  for (const facet of doomed) delete facets[facet];
  return {
    traits: parts.traits,
    facets,
    stat: (name, options) => parts.stat(name, options),
    list: (prefix, options) => parts.list(prefix, options),
    get: (name, range, options) => parts.get(name, range, options),
    put: (name, size, chunks, options) => parts.put(name, size, chunks, options),
    remove: (name, options) => parts.remove(name, options),
    close: () => parts.close(),
  };
}
