const powers: Readonly<Record<string, number>> = { K: 1, M: 2, G: 3 };

/** At least a thousand bytes, so that a lease is renewed in time whatever else moves. */
export const ratePattern = /^(0*[1-9]\d{0,5}(?:\.\d{1,3})?)([KMG])(i?)B$/u;

/** Bytes per second, or bytes, of `500KiB`, `10MiB` or `1.5MB`; `undefined` for anything else. */
export function parseRate(text: string): number | undefined {
  const [, number, unit = '', binary] = ratePattern.exec(text) ?? [];
  const power = powers[unit];
  if (number === undefined || power === undefined) return undefined;
  return Math.floor(Number(number) * (binary === 'i' ? 1024 : 1000) ** power);
}
