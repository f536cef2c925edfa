import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { userInfo } from 'node:os';
import { makeScratch, waitUntil, type Scratch } from '@sysimage/fixtures';

/** A real smbd on loopback, with all that it keeps in a folder of its own. It never sees the system's configuration. */
export interface Samba extends AsyncDisposable {
  readonly port: number;
  /** Where the files of the share `data` lie. */
  readonly folder: string;
  readonly user: string;
  /** As a power failure of the server would. */
  kill(): Promise<void>;
  /** The same server again, on the same port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export const password = 'correct horse: battery/staple';

export interface SambaSettings {
  /** More lines of the section `global`. */
  readonly global?: string;
  /** More sections. */
  readonly shares?: string;
  /** The folder of the share `data`, when it is not one in the scratch folder. */
  readonly folder?: string;
}

export async function startSamba(settings: SambaSettings = {}): Promise<Samba> {
  const scratch = await makeScratch();
  try {
    return await start(scratch, settings);
  } catch (error) {
    await scratch.remove();
    throw error;
  }
}

async function start(scratch: Scratch, settings: SambaSettings): Promise<Samba> {
  const port = await freePort();
  const user = userInfo().username;
  const folder = settings.folder ?? scratch.at('share');
  for (const name of ['private', 'lock', 'state', 'cache', 'pid', 'log', 'ncalrpc', 'share', 'readonly']) {
    await mkdir(scratch.at(name));
  }
  await chmod(scratch.at('ncalrpc'), 0o755);
  const configuration = scratch.at('smb.conf');
  await writeFile(configuration, configurationOf(scratch, port, user, folder, settings));
  await addUser(configuration, user);
  let server = await launch(configuration, port);

  async function kill(): Promise<void> {
    const { pid } = server;
    if (pid === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    // The group that this child leads: smbd has a process for each connection.
    process.kill(-pid, 'SIGKILL');
    await ended;
    await waitUntil('all of smbd is gone', async () => !groupLives(pid));
  }
  const stop = async (): Promise<void> => {
    await kill();
    await scratch.remove();
  };
  return {
    port,
    folder,
    user,
    kill,
    restart: async () => {
      await kill();
      server = await launch(configuration, port);
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function configurationOf(
  scratch: Scratch,
  port: number,
  user: string,
  folder: string,
  { global = '', shares = '' }: SambaSettings,
): string {
  return `[global]
  workgroup = WORKGROUP
  netbios name = TEST
  server role = standalone server
  smb ports = ${port}
  interfaces = 127.0.0.1
  bind interfaces only = yes
  private dir = ${scratch.at('private')}
  lock directory = ${scratch.at('lock')}
  state directory = ${scratch.at('state')}
  cache directory = ${scratch.at('cache')}
  pid directory = ${scratch.at('pid')}
  ncalrpc dir = ${scratch.at('ncalrpc')}
  log file = ${scratch.at('log', 'smbd.log')}
  disable netbios = yes
  load printers = no
  printcap name = /dev/null
  disable spoolss = yes
  passdb backend = tdbsam:${scratch.at('private', 'passdb.tdb')}
${global}
[data]
  path = ${folder}
  read only = no
  valid users = ${user}
[readonly]
  path = ${folder}
  read only = yes
${shares}
`;
}

async function addUser(configuration: string, user: string): Promise<void> {
  const child = spawn('pdbedit', ['-s', configuration, '-a', '-t', '-u', user], { stdio: ['pipe', 'ignore', 'pipe'] });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  child.stdin.end(`${password}\n${password}\n`);
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`pdbedit ended with ${String(code)}: ${complaint}`);
}

async function launch(configuration: string, port: number): Promise<ChildProcess> {
  const child = spawn('smbd', ['--daemon', '--foreground', '--no-process-group', '-s', configuration], {
    detached: true,
    // It ends by itself when this pipe does: with the test, however that ends.
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  await once(child, 'spawn');
  await waitUntil('smbd listens', async () => {
    if (child.exitCode !== null) throw new Error(`smbd ended: ${await readFile(configuration, 'utf8')}`);
    return listens(port);
  });
  return child;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

function groupLives(leader: number): boolean {
  try {
    process.kill(-leader, 0);
    return true;
  } catch {
    return false;
  }
}

/** A port of loopback that nobody uses now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return address.port;
}
