const unitMilliseconds: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

export const durationPattern = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/u;

/** Milliseconds of `30s`, `10m`, `1h`, `7d`, or of a bare number of seconds; `undefined` for anything else. */
export function parseDuration(text: string): number | undefined {
  const [, number, unit = 's'] = durationPattern.exec(text) ?? [];
  const milliseconds = unitMilliseconds[unit];
  return number === undefined || milliseconds === undefined ? undefined : Number(number) * milliseconds;
}
