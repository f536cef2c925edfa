import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** Where this machine remembers what it did: below `XDG_STATE_HOME`, for root in /var/lib, otherwise in the home of the user. */
export function stateFolder(environment: Readonly<Record<string, string | undefined>>): string {
  const { XDG_STATE_HOME: given = '' } = environment;
  if (isAbsolute(given)) return join(given, 'sysimage');
  return process.getuid?.() === 0 ? '/var/lib/sysimage' : join(homedir(), '.local', 'state', 'sysimage');
}
