import { SysimageError } from './errors.js';

declare const checked: unique symbol;

/**
 * The name of an object on a target: one to eight segments joined by `/`, each of one to 64 characters from
 * `a-z 0-9 . _ -`, starting with a letter or digit, not ending with a dot, and no segment with a stem that Windows keeps
 * for devices. Every medium can hold such a name as it is, so no target encodes.
 */
export type ObjectName = string & { readonly [checked]: 'ObjectName' };

/** The start of names: '' for all objects, or a name whose objects lie below it as folders (`a/b` covers `a/b/c`, not `a/bc`). */
export type NamePrefix = ObjectName | '';

const segmentPattern = /^[a-z0-9][a-z0-9._-]{0,63}$/u;
const windowsDevices = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/u;

export function isObjectName(text: string): text is ObjectName {
  const segments = text.split('/');
  return segments.length <= 8 && segments.every(isSegment);
}

/** Checks a name. Throws `invalid` when it breaks the rules. */
export function objectName(...segments: readonly string[]): ObjectName {
  const text = segments.join('/');
  if (!isObjectName(text)) {
    throw new SysimageError('invalid', `"${text}" is not an object name`, {
      operation: 'name',
      remedy: 'Names are at most 8 segments of at most 64 characters from a-z 0-9 . _ -',
    });
  }
  return text;
}

/** True when an object of this name lies below the prefix. */
export function isBelow(name: string, prefix: NamePrefix): boolean {
  return prefix === '' || name.startsWith(`${prefix}/`);
}

function isSegment(segment: string): boolean {
  return segmentPattern.test(segment) && !segment.endsWith('.') && !windowsDevices.test(segment);
}
