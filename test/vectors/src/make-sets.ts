import { backup, chooseComputer, deleteVersions, type EngineServices, type Target } from '@sysimage/core';
import {
  createMemoryTarget,
  type MemoryCall,
  type MemoryFacet,
  type MemoryStore,
  type OnCall,
} from '@sysimage/target-memory';
import { engineServices } from './engine-services.js';
import type { Folder } from './folder.js';
import { TextDisk } from './text-disk.js';

const disks = ['disk.img'];
const computer = 'demo';

class Maker {
  readonly disk: TextDisk;
  readonly services: EngineServices;
  readonly store: MemoryStore;
  readonly #facets: readonly MemoryFacet[];

  constructor(sectorSize: number, facets: readonly MemoryFacet[] = ['random', 'capacity']) {
    this.disk = new TextDisk(sectorSize);
    this.services = engineServices(new Map([['disk.img', this.disk.bytes]]), sectorSize);
    this.#facets = facets;
    this.store = createMemoryTarget({ facets }).store;
  }

  async backup(exclude: readonly string[] = [], onCall: OnCall = () => undefined) {
    const target: Target = createMemoryTarget({ facets: this.#facets, store: this.store, onCall });
    await backup({ disks, target, computer, tool: 'vectors', policies: [], exclude }, this.services, () => undefined);
  }

  async delete(versions: readonly number[], onCall: OnCall = () => undefined): Promise<void> {
    const target = createMemoryTarget({ store: this.store, onCall });
    const catalog = await chooseComputer(target, computer, this.services);
    const ids = catalog.versions.flatMap(({ id }, i) => (versions.includes(i) ? [id] : []));
    await deleteVersions({ target, catalog, versions: ids, rollBack: true }, this.services, () => undefined);
  }

  folder(): Folder {
    const wanted = this.store.names().filter((name) => !name.includes('/leases/'));
    return new Map(wanted.map((name) => [name, this.store.bytes(name) ?? new Uint8Array(0)]));
  }
}

/** Dies at the call that `isTime` picks, and stays dead, so that nothing is taken back. */
function dieAt(isTime: (call: MemoryCall) => boolean): OnCall {
  let dead = false;
  return (call) => {
    dead ||= isTime(call);
    if (dead) throw new Error('the power went');
  };
}

/** Three versions: the second without partition 2, the third with it again. */
async function threeVersions(maker: Maker): Promise<void> {
  const { disk } = maker;
  for (const grain of [16, 17, 18, 34, 48, 49, 50, 80]) disk.write(grain, 'v1');
  await maker.backup();
  for (const grain of [17, 20]) disk.write(grain, 'v2');
  disk.clear(34);
  await maker.backup(['2']);
  for (const grain of [17, 21, 49, 64]) disk.write(grain, 'v3');
  await maker.backup();
}

/** A run that was cut when one of its changes had reached the image: the last bytes of the layer are those of a batch. */
async function openRun(): Promise<Folder> {
  const maker = new Maker(512);
  await threeVersions(maker);
  for (const grain of [16, 17, 22, 50]) maker.disk.write(grain, 'v4');
  let changes = 0;
  const isTime = dieAt(({ operation, name }) => operation === 'write' && name.endsWith('.vhd') && (changes += 1) > 2);
  await maker.backup([], isTime).catch(() => undefined);
  return maker.folder();
}

/** Two deletions: of the second version, and of the third, which was cut while the image was taken back. */
async function undoing(): Promise<Folder> {
  const maker = new Maker(512);
  await threeVersions(maker);
  const isTime = dieAt(({ operation, name }) => operation === 'write' && name.endsWith('.vhd'));
  await maker.delete([1, 2], isTime).catch(() => undefined);
  return maker.folder();
}

/** The second of four versions was deleted: what lay around it is one layer, and the records still name two. */
async function compacted(): Promise<Folder> {
  const maker = new Maker(512);
  await threeVersions(maker);
  for (const grain of [16, 17, 22, 50]) maker.disk.write(grain, 'v4');
  await maker.backup();
  await maker.delete([1]);
  return maker.folder();
}

async function plain(sectorSize: number, facets?: readonly MemoryFacet[]): Promise<Folder> {
  const maker = new Maker(sectorSize, facets);
  await threeVersions(maker);
  return maker.folder();
}

/** The sets that vectors are made from: what each is, in words, and its objects. */
export async function makeSets(): Promise<ReadonlyMap<string, { readonly about: string; readonly folder: Folder }>> {
  return new Map([
    ['in-place', { about: 'three versions in a VHD that is changed in place', folder: await plain(512) }],
    ['open-run', { about: 'the same, and a fourth run that was cut while it wrote', folder: await openRun() }],
    ['undoing', { about: 'two of three versions are being deleted; one is left', folder: await undoing() }],
    [
      'compacted',
      { about: 'four versions; the second was deleted, and two layers became one', folder: await compacted() },
    ],
    ['vhdx', { about: 'three versions of a disk with sectors of 4096 bytes', folder: await plain(4096) }],
    ['sequential', { about: 'three versions, a whole VHD each', folder: await plain(512, []) }],
  ]);
}
