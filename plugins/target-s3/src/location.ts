import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { TargetTraits } from '@sysimage/core/plugin';
import type { Bucket, Peer } from './client.js';
import type { S3Options } from './options.js';
import { largestObject } from './part-plan.js';

export async function traitsOf({ name, base }: Bucket, peer: Peer, options: S3Options): Promise<TargetTraits> {
  const bare = peer.hostname.replace(/^\[|\]$/gu, '');
  const here = !isAmazon(bare) && (await isThisMachine(bare));
  const port = peer.port === undefined ? '' : `:${peer.port}`;
  const place = base === '' ? name : `${name}/${base.slice(0, -1)}`;
  return {
    identity: `s3:${serverOf(bare, peer)}/${place}`,
    location: `s3://${place}${isAmazon(bare) ? '' : ` at ${peer.protocol}//${peer.hostname}${port}`}`,
    medium: 'object-store',
    ...(here ? { physicalDisksUnknown: 'the server runs on this machine' } : { physicalDisks: [] }),
    writeOnce: false,
    singleVersion: options.versions === 'single',
    maxObjectSize: largestObject,
    // Over http requests are signed, but replies are not: what is read could be anybody's.
    transport: peer.protocol === 'https:' ? 'encrypted' : 'plain',
  };
}

/** At Amazon a bucket has one name everywhere, whichever host answers for it. */
function serverOf(hostname: string, { protocol, port }: Peer): string {
  if (isAmazon(hostname)) return 'amazonaws.com';
  return `${isLoopback(hostname) ? 'localhost' : hostname}:${port ?? (protocol === 'https:' ? 443 : 80)}`;
}

function isAmazon(hostname: string): boolean {
  return /(^|\.)amazonaws\.com(\.cn)?$/u.test(hostname);
}

async function isThisMachine(hostname: string): Promise<boolean> {
  if (isLoopback(hostname)) return true;
  const addresses = isIP(hostname) === 0 ? await addressesOf(hostname) : [hostname];
  const own = new Set(Object.values(networkInterfaces()).flatMap((all = []) => all.map(({ address }) => address)));
  return addresses.some((address) => isLoopback(address) || own.has(address));
}

/** None when the name is not known here: a proxy may know it. */
async function addressesOf(hostname: string): Promise<readonly string[]> {
  return lookup(hostname, { all: true }).then(
    (found) => found.map(({ address }) => address),
    () => [],
  );
}

function isLoopback(host: string): boolean {
  return /^(127\.\d+\.\d+\.\d+|0\.0\.0\.0|::1|::|::ffff:127\.\d+\.\d+\.\d+|(.+\.)?localhost)$/u.test(host);
}
