import { main, type Terminal } from '@sysimage/cli';

/** Runs the command in this process: for the many small runs of one test, where starting Node would take longer than the work. */
export async function sysimageHere(...args: readonly string[]): Promise<unknown> {
  let said = '';
  let result = '';
  const terminal: Terminal = {
    out: (text) => (result += text),
    err: (text) => (said += text),
    interactive: false,
    color: false,
    canAsk: false,
  };
  const code = await main(args, { terminal });
  if (code !== 0) throw new Error(`sysimage ${args.join(' ')} ended with ${code}:\n${said}`);
  const last = result.trimEnd().split('\n').at(-1) ?? '';
  return last.startsWith('{') ? JSON.parse(last) : undefined;
}
