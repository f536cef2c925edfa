import type { Random } from '../contract/services.js';

/** `YYYYMMDDthhmmssmmmz-xxxx`, later than `after` even when the clock went backwards. */
export function makeVersionId(now: Date, random: Random, after: string | undefined): string {
  const tail = Array.from(random.bytes(4), (byte) => (byte % 36).toString(36)).join('');
  let moment = now;
  let id = `${stamp(moment)}-${tail}`;
  if (after !== undefined && id.slice(0, 19) <= after.slice(0, 19)) {
    moment = new Date(parseStamp(after).getTime() + 1);
    id = `${stamp(moment)}-${tail}`;
  }
  return id;
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
