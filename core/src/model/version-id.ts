import type { Random } from '../contract/services.js';

/** Beyond this a moment has no four-digit year any more. */
const lastMoment = Date.UTC(9999, 11, 31);

/** `YYYYMMDDthhmmssmmmz-xxxx`, later than `after` even when the clock went backwards. A foreign name in `after` does not count. */
export function makeVersionId(now: Date, random: Random, after: string | undefined): string {
  const tail = Array.from(random.bytes(4), (byte) => (byte % 36).toString(36)).join('');
  const before = after === undefined ? Number.NaN : parseStamp(after).getTime();
  const moment = before >= now.getTime() && before < lastMoment ? new Date(before + 1) : now;
  return `${stamp(moment)}-${tail}`;
}

/** The moment in a version id. */
export function parseStamp(id: string): Date {
  const [, year, month, day, hour, minute, second, milli] =
    /^(\d{4})(\d\d)(\d\d)t(\d\d)(\d\d)(\d\d)(\d{3})z/u.exec(id) ?? [];
  return new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}.${milli}Z`);
}

function stamp(date: Date): string {
  return `${date
    .toISOString()
    .replace(/[-:.TZ]/gu, '')
    .replace(/^(\d{8})/u, '$1t')}z`;
}
