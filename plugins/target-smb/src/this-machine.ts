import { networkInterfaces } from 'node:os';

/** Whether the other end of a connection is this machine itself. */
export function isThisMachine({
  localAddress,
  remoteAddress,
}: {
  readonly localAddress: string;
  readonly remoteAddress: string;
}): boolean {
  const remote = bare(remoteAddress);
  if (remote === bare(localAddress) || remote === '::1' || remote.startsWith('127.')) return true;
  return Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ address }) => bare(address) === remote),
  );
}

/** Without the dress that IPv4 has in IPv6, and without the name of an interface. */
function bare(address: string): string {
  return address.replace(/^::ffff:/iu, '').replace(/%.*$/u, '');
}
