/** Where a command's words go. */
export interface Terminal {
  /** Results: what scripts read. */
  readonly out: (text: string) => void;
  /** Words for people. */
  readonly err: (text: string) => void;
  /** People watch `err`: lines may be redrawn. */
  readonly interactive: boolean;
  readonly color: boolean;
  /** Somebody can answer. */
  readonly canAsk: boolean;
}

export function processTerminal(): Terminal {
  const { stdout, stderr, stdin, env } = process;
  const interactive = stderr.isTTY === true && env['TERM'] !== 'dumb';
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    interactive,
    color: interactive && (env['NO_COLOR'] ?? '') === '',
    canAsk: stdin.isTTY === true && stderr.isTTY === true,
  };
}

const codes = { bold: '1', dim: '2', red: '31', green: '32', yellow: '33', cyan: '36' } as const;
export type Style = keyof typeof codes;

export function paint(terminal: Terminal, style: Style, text: string): string {
  return terminal.color ? `\u001b[${codes[style]}m${text}\u001b[0m` : text;
}
