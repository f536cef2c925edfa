// What `npm test` runs: `node test/run.mjs [--unit | --portable] [arguments for jest…]`.
//
// 1. Debian packages (unless one of these)   2. build   3. one jest over everything   4. nothing mounted or looped is left
//
// --portable leaves out `*.system.test.ts`, which need root and Debian. --unit leaves out besides what takes long: `*.sweep.test.ts`,
// `test/e2e` and `test/vectors`, where all rooms work together.
// The last line on stdout is always `N passed, N failed`, and the exit code agrees with it.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installMissingPackages } from './debian-packages.mjs';

const root = join(import.meta.dirname, '..');
const unit = process.argv.includes('--unit');
const portable = unit || process.argv.includes('--portable');
const jestArguments = process.argv.slice(2).filter((argument) => !['--unit', '--portable', '--'].includes(argument));
const leftOut = [
  '/node_modules/',
  ...(portable ? [String.raw`\.system\.test\.js$`] : []),
  ...(unit ? [String.raw`\.sweep\.test\.js$`, String.raw`/test/(?:e2e|vectors)/`] : []),
];

/** Bytes of memory that tests never need all of, and that must be left for programs beside them. */
const plenty = 12 * 1024 ** 3;
const leftOver = 4 * 1024 ** 3;

const countLine = /^\d+ passed, \d+ failed$/mu;

process.exitCode = await main();

async function main() {
  const complaint = (portable ? undefined : prepareMachine()) ?? build();
  if (complaint !== undefined) {
    process.stderr.write(`${complaint}\n`);
    return finish({ passed: 0, failed: 1, exitCode: 1 });
  }
  // All that tests write goes below one folder of this run, so that what they leave behind can be told from others' work.
  const scratch = makeScratch();
  const result = await jest(scratch.path);
  const leftovers = portable ? [] : await releaseBelow(scratch.path);
  for (const leftover of leftovers) process.stderr.write(`left behind by a test: ${leftover}\n`);
  scratch.remove();
  return finish(
    leftovers.length === 0 ? result : { ...result, failed: result.failed + 1, exitCode: result.exitCode || 1 },
  );
}

/**
 * A new folder, in memory where there is plenty of it and we may mount: on a disk, the disk is what most tests of disks wait for.
 * `SYSIMAGE_TEST_DIR` says where instead.
 */
function makeScratch() {
  const chosen = process.env['SYSIMAGE_TEST_DIR'];
  const path = realpathSync(mkdtempSync(join(chosen ?? tmpdir(), 'sysimage-')));
  const memory = /^MemAvailable:\s+(\d+) kB$/mu.exec(portable ? '' : readFileSync('/proc/meminfo', 'utf8'))?.[1];
  const isMounted =
    chosen === undefined &&
    Number(memory ?? 0) * 1024 >= plenty + leftOver &&
    spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${plenty},mode=0700`, 'sysimage-tests', path]).status === 0;
  return {
    path,
    remove() {
      // A folder that a test could not empty is in nobody's way any more.
      if (isMounted) spawnSync('umount', ['-l', path]);
      rmSync(path, { recursive: true, force: true });
    },
  };
}

/** The fixtures know how; they are built by now. */
async function releaseBelow(folder) {
  const fixtures = await import('./fixtures/dist/src/index.js');
  return fixtures.releaseBelow(folder);
}

function finish({ passed, failed, exitCode }) {
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  return exitCode;
}

/** Nothing is skipped for want of a tool: a machine that cannot run a test says so. */
function prepareMachine() {
  const complaint = installMissingPackages();
  if (complaint !== undefined) return complaint;
  const alone = 'Tests that need Node alone: npm test -- --portable';
  if (process.getuid?.() !== 0) return `The tests of real disks mount them, and only root may. ${alone}`;
  const device = ['/dev/fuse', '/dev/loop-control'].find((path) => !existsSync(path));
  return device === undefined ? undefined : `The tests of real disks need ${device}, which is not here. ${alone}`;
}

function build() {
  const turbo = ['turbo', 'run', 'build', '--output-logs=errors-only', '--log-order=stream'];
  // turbo looks for pnpm on the PATH, where it is only when pnpm started us.
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const inPnpm = process.env['npm_config_user_agent']?.startsWith('pnpm/') === true;
  const [command, ...rest] = inPnpm ? turbo : ['npx', '--yes', packageManager, 'exec', ...turbo];
  const { status, stdout, stderr } = spawnSync(command, rest, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1' },
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return status === 0 ? undefined : `The build failed:\n${stdout ?? ''}${stderr ?? ''}`;
}

/** Runs jest; holds back its line of counts, because other output may still follow. */
async function jest(scratch) {
  const child = spawn(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      join(root, 'node_modules/jest/bin/jest.js'),
      `--config=${join(root, 'test/jest/jest.config.mjs')}`,
      `--cacheDirectory=${join(root, 'node_modules/.cache/jest')}`,
      ...leftOut.map((pattern) => `--testPathIgnorePatterns=${pattern}`),
      // Not a list, so that jest does not take the arguments that follow for more patterns.
      '--maxWorkers=2',
      ...jestArguments,
    ],
    {
      cwd: root,
      // Names of files are UTF-8 for every tool, also where nothing is set, as on a minimal system.
      env: { ...process.env, LC_ALL: 'C.UTF-8', TMPDIR: scratch, SYSIMAGE_TEST_DIR: scratch },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  // Ctrl-C reaches jest too: wait for its end, then look for what it left.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  let output = '';
  let hung;
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text;
    // After the counts jest has only to exit. What a test left open must fail the run, not hold it for ever.
    if (countLine.test(output)) {
      hung ??= setTimeout(() => {
        process.stderr.write('a test left something open: jest did not exit\n');
        child.kill('SIGKILL');
      }, 60_000);
    }
  });
  const exitCode = await new Promise((resolve) => child.on('close', (code) => resolve(code ?? 1)));
  clearTimeout(hung);
  const counts = [...output.matchAll(/^(\d+) passed, (\d+) failed\n/gmu)].at(-1);
  process.stdout.write(output.replace(counts?.[0] ?? '', ''));
  const [passed, failed] = [Number(counts?.[1] ?? 0), Number(counts?.[2] ?? 1)];
  return { passed, failed: exitCode !== 0 && failed === 0 ? 1 : failed, exitCode: exitCode || (failed > 0 ? 1 : 0) };
}
