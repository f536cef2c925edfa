import { expect, test } from '@jest/globals';
import { chooseComputer, chooseVersion, computerName, readCatalogs } from '../../src/flow/find-version.js';
import { readCatalog, type Catalog } from '../../src/image/catalog.js';
import { computerFolder, computerNames } from '../../src/image/names.js';
import type { Consistency } from '../../src/model/disk-layout.js';
import { hasher } from '../hasher.js';
import { LeaseWorld } from '../lease-world.js';
import { MemoryFile } from '../memory-file.js';
import { memoryTarget } from '../memory-target.js';
import { names, objectsOf, versionId, versionRecord } from '../records.js';

async function catalogOf(
  all: Readonly<Record<string, Consistency>>,
  damaged: readonly string[] = [],
): Promise<Catalog> {
  const records = Object.entries(all).map(([id, consistency]) => [
    names.version(id),
    versionRecord(id, { consistency }),
  ]);
  const objects = objectsOf(Object.fromEntries(records));
  for (const id of damaged) objects.set(names.version(id), MemoryFile.of(Uint8Array.of(1)));
  return readCatalog(memoryTarget(objects), 'pc', hasher);
}

const [one, two, three] = [versionId(1, 'aaaa'), versionId(2, 'bbbb'), versionId(3, 'cccc')];

test('the latest is the newest that was not taken from a volume in use', async () => {
  const latest = async (all: Readonly<Record<string, Consistency>>) => chooseVersion(await catalogOf(all), 'latest').id;
  expect(await latest({ [one]: 'clean', [two]: 'crash', [three]: 'live' })).toBe(two);
  expect(await latest({ [one]: 'frozen', [two]: 'live', [three]: 'live' })).toBe(one);
  expect(await latest({ [one]: 'live', [two]: 'live' })).toBe(two);
  expect(await latest({ [three]: 'clean', [one]: 'clean' })).toBe(three);
});

test('an id or a prefix that only one has, in any case', async () => {
  const catalog = await catalogOf({ [one]: 'clean', [two]: 'clean', [three]: 'live' });
  expect(chooseVersion(catalog, two).id).toBe(two);
  expect(chooseVersion(catalog, two.toUpperCase()).id).toBe(two);
  expect(chooseVersion(catalog, two.slice(0, 13)).id).toBe(two);
  expect(chooseVersion(catalog, three).id).toBe(three);
});

test('a prefix of several is refused and names them; of none, not found and names all', async () => {
  const catalog = await catalogOf({ [one]: 'clean', [two]: 'clean' });
  expect(() => chooseVersion(catalog, '2026')).toThrow(
    expect.objectContaining({ code: 'invalid', message: expect.stringMatching(new RegExp(`${one}, ${two}`, 'u')) }),
  );
  expect(() => chooseVersion(catalog, '2025')).toThrow(
    expect.objectContaining({ code: 'not-found', remedy: `There are: ${one}, ${two}` }),
  );
  expect(() => chooseVersion(catalog, two.slice(1))).toThrow(expect.objectContaining({ code: 'not-found' }));
});

test('a version whose record is damaged is lost, not unknown, and never the latest', async () => {
  const catalog = await catalogOf({ [one]: 'clean' }, [two]);
  expect(chooseVersion(catalog, 'latest').id).toBe(one);
  expect(() => chooseVersion(catalog, two)).toThrow(
    expect.objectContaining({ code: 'corrupt', message: expect.stringContaining('digest does not match') }),
  );
  const nothing = await catalogOf({}, [two]);
  expect(() => chooseVersion(nothing, 'latest')).toThrow(expect.objectContaining({ code: 'not-found' }));
});

function computers(...all: readonly (readonly [string, string | undefined])[]) {
  const records = all.map(([name, machineId]): [string, object] => [
    computerNames(computerFolder(name, hasher)).computer,
    {
      format: 'sysimage-computer/1',
      name,
      createdAt: '2026-01-01T00:00:00.000Z',
      ...(machineId === undefined ? {} : { machineId }),
    },
  ]);
  return memoryTarget(objectsOf(Object.fromEntries(records)));
}

const services = new LeaseWorld().services('machine-1');
const chosen = async (target: ReturnType<typeof computers>, name?: string) =>
  computerName(await chooseComputer(target, name, services));

test('without a name: the only computer there, else this one', async () => {
  expect(await chosen(computers(['Other', 'machine-9']))).toBe('Other');
  expect(await chosen(computers(['Other', 'machine-9'], ['Mine', 'machine-1'], ['Unknown', undefined]))).toBe('Mine');
});

test('several of which none or more than one is this machine: the user says which', async () => {
  const several = { code: 'invalid', remedy: expect.stringContaining('--computer') };
  await expect(chosen(computers(['One', 'machine-8'], ['Two', 'machine-9']))).rejects.toMatchObject({
    ...several,
    message: expect.stringContaining('One, Two'),
  });
  await expect(chosen(computers(['One', 'machine-1'], ['Two', 'machine-1']))).rejects.toMatchObject(several);
});

test('a name finds its computer in any case, and no other', async () => {
  const target = computers(['My PC', 'machine-8'], ['my-pc', 'machine-9']);
  expect(await chosen(target, 'MY pc')).toBe('My PC');
  expect(await chosen(target, 'MY-PC')).toBe('my-pc');
  await expect(chosen(target, 'pc')).rejects.toMatchObject({
    code: 'not-found',
    message: expect.stringContaining('pc'),
  });
  await expect(chosen(computers())).rejects.toMatchObject({ code: 'not-found' });
});

test('a folder with nothing but leases is no computer; one with a lost version or an open run is', async () => {
  const objects = objectsOf({}, ['sysimage/a/leases/x.json', 'sysimage/b/disk-x/image.vhd']);
  objects.set(computerNames('c').version(one), MemoryFile.of(Uint8Array.of(1)));
  objects.set(computerNames('d').run(one), MemoryFile.of(Uint8Array.of(1)));
  const catalogs = await readCatalogs(memoryTarget(objects), undefined, hasher);
  expect(catalogs.map(({ folder }) => folder)).toEqual(['c', 'd']);
  expect(catalogs.map(computerName)).toEqual(['c', 'd']);
});

test('the name of a computer is what it called itself, else what its versions say', async () => {
  const catalog = await catalogOf({ [one]: 'clean' });
  expect(computerName(catalog)).toBe('PC');
});
