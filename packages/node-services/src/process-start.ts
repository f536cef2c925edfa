export interface ProcessStatus {
  /** Clock ticks since boot. */
  readonly start: string;
  /** It has ended and only waits for its parent to notice. */
  readonly ended: boolean;
}

/**
 * Reads a line of `/proc/PID/stat`: `PID (name) state ppid …`, start time in field 22. The name may hold spaces and
 * parentheses, so the fields are counted from the last one.
 */
export function parseProcessStatus(line: string): ProcessStatus | undefined {
  const end = line.lastIndexOf(')');
  if (end < 0) return undefined;
  const fields = line
    .slice(end + 1)
    .trim()
    .split(/\s+/u);
  const [state] = fields;
  const start = fields[22 - 3];
  if (state === undefined || start === undefined || !/^\d+$/u.test(start)) return undefined;
  return { start, ended: state === 'Z' || state === 'X' };
}
