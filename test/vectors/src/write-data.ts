// Makes the published data anew. `node dist/src/write-data.js` plants the faults again; with `sets` it makes the backups anew too,
// which is wanted only when what is written has changed: old backups must stay readable.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Draft } from './draft.js';
import { packFolder } from './folder.js';
import { makeSets } from './make-sets.js';
import { dataFolder, readSets, type VectorSet } from './read-data.js';
import { readWithEngine } from './read-with-engine.js';
import { makeVectors } from './vectors.js';

const writeJson = (name: string, value: object): Promise<void> =>
  writeFile(join(dataFolder, `${name}.json`), `${JSON.stringify(value, undefined, 2)}\n`);

await mkdir(dataFolder, { recursive: true });
if (process.argv.includes('sets')) {
  for (const [name, { about, folder }] of await makeSets()) {
    const versions = [];
    for (const id of new Draft(folder).ids) versions.push({ id, sha256: await readWithEngine(folder, id) });
    const set: VectorSet = { about, versions, objects: packFolder(folder) };
    await writeJson(`set-${name}`, set);
  }
}
const folders = [...(await readSets())].map(([name, { folder }]) => [name, folder] as const);
await writeJson('vectors', makeVectors(new Map(folders)));
