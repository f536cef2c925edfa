// Finds, reports and takes down mounts and loop devices that tests left below a folder.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Takes down all that is mounted or looped below `folder`; returns what it was, a line each. */
export function clearLeftovers(folder) {
  const found = [];
  // Last mounted, first unmounted. Lazily: the program that holds it may be the one at fault.
  for (const mountpoint of mountsBelow(folder).reverse()) {
    found.push(`mount ${mountpoint}`);
    spawnSync('umount', ['--lazy', mountpoint]);
  }
  for (const { name, file } of loopsBelow(folder)) {
    found.push(`loop device ${name} on ${file}`);
    spawnSync('losetup', ['--detach', name]);
  }
  return found;
}

function mountsBelow(folder) {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  // Fifth field: the mount point, with blanks and backslashes as octal numbers.
  const points = lines.flatMap((line) => line.split(' ')[4] ?? []);
  return points
    .map((point) => point.replaceAll(/\\(\d{3})/gu, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8))))
    .filter((point) => point.startsWith(`${folder}/`));
}

function loopsBelow(folder) {
  const { stdout } = spawnSync('losetup', ['--json', '--list', '--output', 'NAME,BACK-FILE'], { encoding: 'utf8' });
  const loops = stdout?.trim() ? JSON.parse(stdout).loopdevices : [];
  return loops
    .map((loop) => ({ name: loop.name, file: String(loop['back-file']) }))
    .filter(({ file }) => file.startsWith(`${folder}/`));
}
