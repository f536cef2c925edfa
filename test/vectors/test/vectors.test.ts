import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  closeSync,
  rmSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  folderOf,
  makeVectors,
  packObject,
  readSets,
  readVectors,
  readWithEngine,
  type Folder,
  type Outcome,
  type Vector,
} from '../src/index.js';

const sets = await readSets();
const folders = new Map([...sets].map(([name, { folder }]) => [name, folder]));
const vectors = await readVectors();
const room = join(import.meta.dirname, '../..');
const scratch = mkdtempSync(join(tmpdir(), 'vectors-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function sha256Of(vector: Vector, id: string): string {
  return sets.get(vector.set)?.versions.find((version) => version.id === id)?.sha256 ?? '';
}

/** What may come of a version, by its outcome. */
function allowed(outcome: Outcome, sha256: string): readonly string[] {
  if (outcome === 'restores') return [sha256];
  if (outcome === 'either') return [sha256, 'corrupt', 'unsupported'];
  return outcome === 'lost' ? ['corrupt', 'not-found'] : [outcome];
}

test('what is published is what the faults make of the sets, and every fault changes something', () => {
  expect(vectors).toEqual(makeVectors(folders));
  expect(vectors.filter(({ name, changes }) => changes.length === 0 && !name.startsWith('sound-'))).toEqual([]);
  const names = vectors.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

test.each(vectors.map((vector) => [vector.name, vector] as const))('the engine: %s', async (_, vector) => {
  const folder = folderOf(vector, folders);
  for (const [id, outcome] of Object.entries(vector.versions)) {
    expect(allowed(outcome, sha256Of(vector, id))).toContain(await readWithEngine(folder, id));
  }
});

/** A folder with holes where there are zeros. */
function lay(folder: Folder, place: string): void {
  for (const [name, bytes] of folder) {
    mkdirSync(dirname(join(place, name)), { recursive: true });
    const file = openSync(join(place, name), 'w');
    ftruncateSync(file, bytes.length);
    for (const { at, hex, times = 1 } of packObject(bytes).runs)
      writeSync(file, Buffer.from(hex.repeat(times), 'hex'), 0, null, at);
    closeSync(file);
  }
}

describe('the reference reader', () => {
  let answers: readonly (readonly { readonly sha256?: string; readonly refused?: string }[])[] = [];

  beforeAll(() => {
    // As people have it: the file from the documents, and the one package that it names beside it.
    const reader = join(scratch, 'reference-reader.mjs');
    cpSync(join(room, '../../docs/formats/reference-reader.mjs'), reader);
    const services = createRequire(import.meta.url).resolve('@sysimage/node-services/package.json');
    mkdirSync(join(scratch, 'node_modules/@napi-rs'), { recursive: true });
    symlinkSync(
      dirname(createRequire(services).resolve('@napi-rs/blake-hash')),
      join(scratch, 'node_modules/@napi-rs/blake-hash'),
    );
    const questions = vectors.map((vector) => {
      const place = join(scratch, vector.name);
      lay(folderOf(vector, folders), place);
      return { folder: place, versions: Object.keys(vector.versions) };
    });
    const asked = spawnSync(process.execPath, [join(room, 'ask-reader.mjs'), reader], {
      input: JSON.stringify(questions),
      encoding: 'utf8',
      maxBuffer: 2 ** 24,
    });
    if (asked.status !== 0) throw new Error(asked.stderr);
    answers = JSON.parse(asked.stdout);
  }, 60_000);

  test.each(vectors.map((vector, i) => [vector.name, vector, i] as const))('%s', (_, vector, i) => {
    Object.entries(vector.versions).forEach(([id, outcome], k) => {
      const { sha256, refused } = answers[i]?.[k] ?? {};
      const mayRestore = outcome === 'restores' || outcome === 'either';
      if (refused !== undefined) expect({ id, outcome, refused }).not.toMatchObject({ outcome: 'restores' });
      else expect({ id, sha256, mayRestore }).toEqual({ id, sha256: sha256Of(vector, id), mayRestore: true });
    });
  });
});
