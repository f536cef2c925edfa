import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, openSync, closeSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { waitUntil } from '@sysimage/fixtures';

// One monitor, one store in memory and one S3 gateway, from Debian's packages. No manager, no systemd, no root needed:
// daemons stay in the foreground, everything lies below one folder, and all of it ends with this process.

export const keys = { accessKeyId: 'TESTKEY', secretAccessKey: 'TESTSECRETTESTSECRET' };

export interface Ceph {
  readonly endpoint: string;
  readonly gateway: Daemon;
  /** `radosgw-admin`. */
  admin(...words: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

export interface Daemon {
  start(): Promise<void>;
  kill(): Promise<void>;
}

export async function startCeph(folder: string): Promise<Ceph> {
  const [monitor, gatewayPort] = await Promise.all([freePort(), freePort()]);
  const monitorAddress = `[v2:127.0.0.1:${monitor}]`;
  const cluster = randomUUID();
  const disk = randomUUID();
  const configuration = join(folder, 'ceph.conf');
  for (const part of ['run', 'log', 'mon', 'osd', 'rgw']) mkdirSync(join(folder, part), { recursive: true });
  writeFileSync(configuration, configurationOf({ folder, cluster, monitorAddress, gatewayPort }));
  const run = async (command: string, ...words: readonly string[]): Promise<void> => {
    await promisify(execFile)(command, ['-c', configuration, ...words], { timeout: 60_000 });
  };
  const daemon = (command: string, ...words: readonly string[]): Daemon =>
    createDaemon(join(folder, 'log', `${command}.out`), command, ['-c', configuration, '-f', ...words]);

  const monitorDaemon = daemon('ceph-mon', '-i', 'a');
  const diskDaemon = daemon('ceph-osd', '-i', '0');
  const gateway = daemon('radosgw', '-n', 'client.rgw.a');
  const endpoint = `http://127.0.0.1:${gatewayPort}`;
  const ceph: Ceph = {
    endpoint,
    gateway: {
      kill: async () => gateway.kill(),
      async start() {
        await gateway.start();
        await waitUntil('the gateway answers', () => answers(endpoint), 60_000);
      },
    },
    admin: (...words) => run('radosgw-admin', '-n', 'client.rgw.a', ...words),
    async stop() {
      for (const each of [gateway, diskDaemon, monitorDaemon]) await each.kill();
    },
  };
  try {
    const map = join(folder, 'monmap');
    await promisify(execFile)('monmaptool', ['--create', '--fsid', cluster, '--addv', 'a', monitorAddress, map]);
    await run('ceph-mon', '--mkfs', '-i', 'a', '--monmap', map);
    await monitorDaemon.start();
    // Waits for the monitor by itself.
    await run('ceph', 'osd', 'new', disk, '0');
    await run('ceph-osd', '-i', '0', '--mkfs', '--osd-uuid', disk);
    await diskDaemon.start();
    const user = ['user', 'create', '--display-name=Test'];
    const { accessKeyId, secretAccessKey } = keys;
    // Waits for the store by itself.
    await ceph.admin(...user, '--uid=test', `--access-key=${accessKeyId}`, `--secret-key=${secretAccessKey}`);
    await ceph.admin(...user, '--uid=other', '--access-key=OTHERKEY', '--secret-key=OTHERSECRETOTHERSECRET');
    await ceph.gateway.start();
    return ceph;
  } catch (error) {
    await ceph.stop();
    throw error;
  }
}

interface Layout {
  readonly folder: string;
  readonly cluster: string;
  readonly monitorAddress: string;
  readonly gatewayPort: number;
}

function configurationOf({ folder, cluster, monitorAddress, gatewayPort }: Layout): string {
  return `[global]
fsid = ${cluster}
mon host = ${monitorAddress}
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = none
auth service required = none
auth client required = none
# without keys the gateway cannot have the secure mode that it wants by default, and hangs
ms mon client mode = crc
ms bind ipv6 = false
run dir = ${folder}/run
admin socket = ${folder}/run/$name.$pid.asok
log file = ${folder}/log/$name.log
crash dir = ${folder}/log
log to stderr = false
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pgp num = 8
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon warn on pool no redundancy = false
mon max pg per osd = 1000
# pools in half a second instead of nine
paxos propose interval = 0.05
paxos min wait = 0.01
[mon]
mon data = ${folder}/mon
mon data avail warn = 2
mon data avail crit = 1
mon initial members = a
[osd]
osd data = ${folder}/osd
osd objectstore = memstore
memstore device bytes = ${4 * 2 ** 30}
[client.rgw.a]
rgw data = ${folder}/rgw
rgw frontends = beast endpoint=127.0.0.1:${gatewayPort}
rgw dns name = localhost
# what a put replaced goes at once
rgw gc obj min wait = 1
`;
}

function createDaemon(output: string, command: string, words: readonly string[]): Daemon {
  let child: ChildProcess | undefined;
  return {
    async start() {
      const descriptor = openSync(output, 'a');
      // The kernel kills it should this process be killed.
      child = spawn('setpriv', ['--pdeathsig', 'KILL', command, ...words], {
        stdio: ['ignore', descriptor, descriptor],
      });
      closeSync(descriptor);
      const [failed] = await Promise.race([once(child, 'spawn'), once(child, 'error')]);
      if (failed !== undefined) throw new Error(`${command} does not start: ${readFileSync(output, 'utf8')}`);
    },
    async kill() {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}

async function answers(endpoint: string): Promise<boolean> {
  return fetch(endpoint).then(
    async (reply) => {
      await reply.arrayBuffer();
      return true;
    },
    () => false,
  );
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
