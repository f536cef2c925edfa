import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const timeout = 10_000;
const longest = 16 * 2 ** 20;

/** The tables of all devices of device-mapper; nothing where there is no `dmsetup`, or nobody may ask it. */
export async function askDmsetup(command = 'dmsetup'): Promise<string> {
  const { PATH: path = '' } = process.env;
  const env = { ...process.env, LC_ALL: 'C', PATH: `${path}:/usr/sbin:/sbin` };
  return promisify(execFile)(command, ['table'], { timeout, maxBuffer: longest, env }).then(
    ({ stdout }) => stdout,
    () => '',
  );
}
