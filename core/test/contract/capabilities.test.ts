import { expect, test } from '@jest/globals';
import { completeTarget, deriveCapabilities } from '../../src/contract/capabilities.js';
import { SysimageError } from '../../src/contract/errors.js';
import { supports, type Facets, type Target, type TargetTraits } from '../../src/contract/target.js';
import { memoryTarget, traits } from '../memory-target.js';

const unused = (): never => {
  throw new SysimageError('internal', 'a flag is derived from presence alone');
};
const facets: Facets = {
  random: { open: unused },
  batch: { begin: unused },
  history: { capture: unused },
  capacity: { read: unused },
  lease: { acquire: unused },
  media: { locate: unused },
  retention: { extend: unused, read: unused },
};
const plain = memoryTarget(new Map());

function flags(some: Partial<Facets>, facts: Partial<TargetTraits> = {}): Target['capabilities'] {
  return deriveCapabilities({ ...plain, facets: some, traits: { ...traits, ...facts } });
}

test('a target with nothing but the five verbs claims nothing', () => {
  expect(flags({})).toEqual({
    shadowCopies: 'none',
    singleVersion: false,
    dynamicDisk: 'not-applicable',
    randomWrite: false,
    atomicBatch: false,
    writeOnce: false,
    removable: 'unknown',
    needsMedia: false,
    immutability: false,
    encryptedTransport: 'not-applicable',
    freeSpaceKnown: false,
    maxObjectSize: undefined,
  });
});

test('each facet turns its own flags on and no other', () => {
  const none = flags({});
  expect(flags({ random: facets.random })).toEqual({ ...none, randomWrite: true, shadowCopies: 'engine' });
  expect(flags({ batch: facets.batch })).toEqual({ ...none, atomicBatch: true });
  expect(flags({ history: facets.history })).toEqual({ ...none, shadowCopies: 'native' });
  expect(flags({ capacity: facets.capacity })).toEqual({ ...none, freeSpaceKnown: true });
  expect(flags({ lease: facets.lease })).toEqual(none);
  expect(flags({ media: facets.media })).toEqual({ ...none, needsMedia: true });
  expect(flags({ retention: facets.retention })).toEqual({ ...none, immutability: true });
});

test('who keeps older versions', () => {
  expect(flags(facets).shadowCopies).toBe('native');
  expect(flags(facets, { singleVersion: true })).toMatchObject({ shadowCopies: 'none', singleVersion: true });
});

test('facts pass', () => {
  expect(flags({}, { writeOnce: true }).writeOnce).toBe(true);
  expect(flags({}, { maxObjectSize: 5 }).maxObjectSize).toBe(5);
  expect(flags({}, { removable: true }).removable).toBe('yes');
  expect(flags({}, { removable: false }).removable).toBe('no');
});

test.each([
  ['local', 'not-applicable'],
  ['plain', 'no'],
  ['signed', 'no'],
  ['encrypted', 'yes'],
] as const)('transport %s is encrypted: %s', (transport, wanted) => {
  expect(flags({}, { transport }).encryptedTransport).toBe(wanted);
});

test('dynamic disks: one certain yes counts, then one doubt', () => {
  const disk = (dynamic: 'yes' | 'no' | 'unknown') => ({ id: dynamic, name: dynamic, dynamic });
  const of = (...kinds: readonly ('yes' | 'no' | 'unknown')[]): string =>
    flags({}, { physicalDisks: kinds.map(disk) }).dynamicDisk;
  expect(of()).toBe('not-applicable');
  expect(of('no')).toBe('no');
  expect(of('no', 'unknown')).toBe('unknown');
  expect(of('unknown', 'no', 'yes')).toBe('yes');
  const { physicalDisks: _, ...unknown } = traits;
  const withoutDisks = (medium: TargetTraits['medium']): string =>
    deriveCapabilities({ ...plain, traits: { ...unknown, medium } }).dynamicDisk;
  expect(withoutDisks('disk')).toBe('unknown');
  for (const medium of ['share', 'optical', 'object-store', 'memory'] as const) {
    expect(withoutDisks(medium)).toBe('not-applicable');
  }
});

test('a completed target keeps the receiver of its methods, and narrows by its facets', async () => {
  let closed = 0;
  const parts = {
    ...plain,
    facets: {},
    own: 1,
    close(): Promise<void> {
      closed += this.own;
      return Promise.resolve();
    },
  };
  const target: Target = completeTarget<never>(parts);
  await target.close();
  expect(closed).toBe(1);
  expect(supports(target, 'random')).toBe(false);
  expect(supports(plain, 'random')).toBe(true);
});
