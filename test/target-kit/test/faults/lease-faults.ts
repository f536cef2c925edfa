import { objectName, SysimageError, type Held } from '@sysimage/core/plugin';
import { butFacet, type PlantedFault } from './spoil.js';

const second = 'lease: a second one is busy and names the holder, until the first is released';
const shared = 'lease: shared ones go together and keep an exclusive one out; an exclusive one keeps out shared ones';
const held = 'lease: it is held as long as its holder lives, and no longer than until it is released';

const never: Held = {
  lost: new AbortController().signal,
  assertHeld: () => undefined,
  release: () => Promise.resolve(),
};

export const leaseFaults: readonly PlantedFault[] = [
  {
    name: 'lease: everybody gets one',
    caughtBy: second,
    spoil: (target) => butFacet(target, 'lease', () => ({ acquire: () => Promise.resolve(never) })),
  },
  {
    name: 'lease: who holds it is not told',
    caughtBy: second,
    spoil: (target) =>
      butFacet(target, 'lease', (lease) => ({
        acquire: (...call) =>
          lease.acquire(...call).catch(() => {
            throw new SysimageError('busy', 'somebody holds it');
          }),
      })),
  },
  {
    name: 'lease: it is never given back',
    caughtBy: second,
    spoil: (target) =>
      butFacet(target, 'lease', (lease) => ({
        acquire: async (...call) => ({ ...(await lease.acquire(...call)), release: () => Promise.resolve() }),
      })),
  },
  {
    name: 'lease: all are exclusive',
    caughtBy: shared,
    spoil: (target) =>
      butFacet(target, 'lease', (lease) => ({
        acquire: (name, options) => lease.acquire(name, { ...options, mode: 'exclusive' }),
      })),
  },
  {
    name: 'lease: all are shared',
    caughtBy: shared,
    spoil: (target) =>
      butFacet(target, 'lease', (lease) => ({
        acquire: (name, options) => lease.acquire(name, { ...options, mode: 'shared' }),
      })),
  },
  {
    name: 'lease: there is one for the whole place',
    caughtBy: 'lease: those of different names are apart',
    spoil: (target) =>
      butFacet(target, 'lease', (lease) => ({ acquire: (_, options) => lease.acquire(objectName('all'), options) })),
  },
  {
    name: 'lease: gives no sign of life, so that others take it for void',
    caughtBy: held,
    spoil: (target) =>
      butFacet(target, 'lease', (lease) => ({
        acquire: async (name, options) => {
          const given = await lease.acquire(name, options);
          setTimeout(() => void given.release(), options.heartbeat * 3).unref();
          return { lost: given.lost, assertHeld: () => undefined, release: () => given.release() };
        },
      })),
  },
  {
    name: 'lease: nobody is told that it is lost',
    caughtBy: held,
    spoil: (target) =>
      butFacet(target, 'lease', (lease) => ({
        acquire: async (...call) => ({ ...(await lease.acquire(...call)), assertHeld: () => undefined }),
      })),
  },
];
