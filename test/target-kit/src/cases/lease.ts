import { isSysimageError, type Held, type LeaseHolder, type LeaseRequest, type Target } from '@sysimage/core/plugin';
import { aName } from '../bytes.js';
import { check, mustReject } from '../check.js';
import { objectName } from '@sysimage/core/plugin';
import type { KitCase, KitSetup } from '../kit.js';

const holder = (token: string): LeaseHolder => ({ token, program: `program-${token}`, host: `host-${token}` });

async function acquire(
  target: Target,
  token: string,
  { heartbeat = 1000 }: KitSetup,
  mode: LeaseRequest['mode'] = 'exclusive',
  name = aName,
): Promise<Held> {
  const { lease } = target.facets;
  check(lease !== undefined, 'the facet lease is missing');
  return lease.acquire(name, { mode, heartbeat, holder: holder(token) });
}

function assertHeld(held: Held, what: string): void {
  let error: unknown;
  try {
    held.assertHeld();
  } catch (caught) {
    error = caught;
  }
  check(error === undefined && !held.lost.aborted, `${what}: it is held no more`);
}

export const leaseCases: readonly KitCase[] = [
  {
    name: 'lease: a second one is busy and names the holder, until the first is released',
    facet: 'lease',
    run: async ({ target, reopen }, setup) => {
      const first = await acquire(target, 'first', setup);
      assertHeld(first, 'a new lease');
      const other = await reopen();
      const refused: unknown = await acquire(other, 'second', setup).catch((error: unknown) => error);
      check(isSysimageError(refused, 'busy'), 'a second lease was given');
      check(refused.message.includes('first'), `who holds the lease is not in "${refused.message}"`);
      await first.release();
      const second = await acquire(other, 'second', setup);
      await second.release();
      await other.close();
    },
  },
  {
    name: 'lease: shared ones go together and keep an exclusive one out; an exclusive one keeps out shared ones',
    facet: 'lease',
    run: async ({ target, reopen }, setup) => {
      const other = await reopen();
      const [one, two] = [await acquire(target, 'one', setup, 'shared'), await acquire(other, 'two', setup, 'shared')];
      await mustReject(acquire(other, 'three', setup), ['busy'], 'an exclusive lease beside shared ones');
      await one.release();
      await mustReject(acquire(target, 'three', setup), ['busy'], 'an exclusive lease beside one that is shared');
      await two.release();
      const three = await acquire(target, 'three', setup);
      await mustReject(acquire(other, 'four', setup, 'shared'), ['busy'], 'a shared lease beside an exclusive one');
      await three.release();
      await other.close();
    },
  },
  {
    name: 'lease: those of different names are apart',
    facet: 'lease',
    run: async ({ target }, setup) => {
      const first = await acquire(target, 'first', setup);
      const second = await acquire(target, 'second', setup, 'exclusive', objectName('kit', 'other'));
      await second.release();
      assertHeld(first, 'the lease of another name');
      await first.release();
    },
  },
  {
    name: 'lease: it is held as long as its holder lives, and no longer than until it is released',
    facet: 'lease',
    run: async ({ target, reopen }, setup) => {
      const held = await acquire(target, 'alive', setup);
      const { heartbeat = 1000 } = setup;
      await new Promise((resolve) => setTimeout(resolve, heartbeat * 4));
      assertHeld(held, 'after four heartbeats');
      const other = await reopen();
      await mustReject(acquire(other, 'other', setup), ['busy'], 'a lease whose holder is alive');
      await other.close();
      await held.release();
      const ended = (async () => held.assertHeld())();
      await mustReject(ended, ['busy'], 'assertHeld after the release');
    },
  },
];
