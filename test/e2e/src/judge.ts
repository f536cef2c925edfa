import { objectName, readCatalog, type Target } from '@sysimage/core';
import type { ToyDisk } from './toy-disk.js';
import type { Workbench } from './workbench.js';

/** A version, and what its disks were. */
export interface Kept {
  readonly id: string;
  readonly bytes: readonly Uint8Array[];
}

export function keep(id: string, disks: readonly ToyDisk[]): Kept {
  return { id, bytes: disks.map((disk) => disk.canonical()) };
}

/** Looks at a target with the product's own readers, which trust nothing that a flow believes. */
export class Judge {
  readonly #bench: Workbench;

  constructor(bench: Workbench) {
    this.#bench = bench;
  }

  /** Ids of the versions that are told to be complete. */
  async listed(target: Target): Promise<readonly string[]> {
    const { versions, lost } = await readCatalog(target, 'bench', this.#bench.services.hasher);
    if (lost.length > 0) throw new Error(`records are lost: ${JSON.stringify(lost)}`);
    return versions.map(({ id }) => id);
  }

  async assertRestores(target: Target, { id, bytes }: Kept, when: string): Promise<void> {
    for (const [i, wanted] of bytes.entries()) {
      const found = await this.#bench.restore(target, id, i).catch((error: unknown) => {
        throw new Error(`version ${id}, disk ${i}, does not restore ${when}: ${String(error)}`, { cause: error });
      });
      if (Buffer.compare(found, wanted) === 0) {
        this.#bench.disks.disks.delete('restored.img');
        this.#bench.disks.reuse(found);
        continue;
      }
      const at = found.findIndex((byte, k) => byte !== wanted[k]);
      throw new Error(`version ${id}, disk ${i}, differs ${when} at byte ${at}`);
    }
  }

  /** No version is called lost, and whatever versions need is what was written: a cut leaves nothing that looks like damage. */
  async assertNothingLost(target: Target, when: string): Promise<void> {
    const { lost } = await this.#bench.receipts(target);
    if (lost.length > 0) throw new Error(`versions are called lost ${when}: ${JSON.stringify(lost)}`);
    const { damages } = await this.#bench.verify(target);
    if (damages.length > 0) throw new Error(`there is damage ${when}: ${JSON.stringify(damages)}`);
  }

  /** The last backup found no trace of a version that nobody deleted. */
  assertNothingMissed(): void {
    const missed = this.#bench.events.flatMap((event) => (event.event === 'finding' ? event.finding : []));
    const told = missed.find(({ policy }) => policy === 'target/lost-version');
    if (told !== undefined) throw new Error(`the next backup says: ${told.message}`);
  }

  /** Nothing is open, and every byte is accounted for. */
  async assertTidy(target: Target): Promise<void> {
    const left: string[] = [];
    for await (const { name } of target.list(objectName('sysimage')))
      if (/\/(?:runs|leases)\//u.test(name)) left.push(name);
    if (left.length > 0) throw new Error(`${left.join()} is still there`);
    await this.assertNothingLost(target, 'after the next backup');
  }
}
