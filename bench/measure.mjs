// One command, measured: time until its end (and until what it wrote is on the medium), processor time and peak memory of all its
// processes. From /proc alone, so no tool is needed.
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const ticksPerSecond = 100;
/** Milliseconds between two looks at the memory. The peak of each process is the kernel's own, so only its last moments are missed. */
const lookEvery = 20;

/**
 * Runs a command without a terminal. `durableBelow`: a folder whose file system is synchronised before the clock stops, as most
 * tools leave their output in memory. Seconds, seconds, MiB. Throws when the command fails.
 */
export async function measure([command, ...rest], { durableBelow, env = {} } = {}) {
  const processorBefore = processorOfChildren();
  const start = process.hrtime.bigint();
  const child = spawn(command, rest, {
    env: { ...process.env, LC_ALL: 'C.UTF-8', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (said += text));
  const peaks = new Map();
  const timer = setInterval(() => lookAt(child.pid, peaks), lookEvery);
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  }).finally(() => clearInterval(timer));
  if (code !== 0) throw new Error(`${[command, ...rest].join(' ')} ended with ${code}:\n${said.slice(-2000)}`);
  if (durableBelow !== undefined) spawnSync('sync', ['-f', durableBelow]);
  const wall = Number(process.hrtime.bigint() - start) / 1e9;
  const memory = [...peaks.values()].reduce((sum, kibibytes) => sum + kibibytes, 0) / 1024;
  return { wall, processor: processorOfChildren() - processorBefore, memory };
}

/** Seconds that all ended children of this process have had, their own children included. */
function processorOfChildren() {
  const fields = readFileSync('/proc/self/stat', 'utf8')
    .replace(/^.*\) /u, '')
    .split(' ');
  return (Number(fields[13]) + Number(fields[14])) / ticksPerSecond;
}

function lookAt(process, peaks) {
  try {
    const peak = /^VmHWM:\s+(\d+)/mu.exec(readFileSync(`/proc/${process}/status`, 'utf8'))?.[1];
    if (peak !== undefined) peaks.set(process, Number(peak));
    const children = readFileSync(`/proc/${process}/task/${process}/children`, 'utf8');
    for (const child of children.split(' ').filter(Boolean)) lookAt(Number(child), peaks);
  } catch {
    // It has ended meanwhile.
  }
}
