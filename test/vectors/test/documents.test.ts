import { expect, test } from '@jest/globals';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hexDump, readSets } from '../src/index.js';

const pages = join(import.meta.dirname, '../../../../docs/formats');
const example = /^From \[set-([a-z-]+)\]\([^)]+\), `([^`]+)`(?:, bytes (\d+) to (\d+))?:\n\n```text\n([^]*?)^```$/gmu;

test('every example on the pages of the formats is what a backup holds', async () => {
  const sets = await readSets();
  const objects = new Set<string>();
  for (const page of (await readdir(pages)).filter((name) => name.endsWith('.md'))) {
    const text = await readFile(join(pages, page), 'utf8');
    for (const [, set = '', object = '', from, to, shown] of text.matchAll(example)) {
      const found = [...(sets.get(set)?.folder ?? [])].find(([name]) => name.endsWith(`/${object}`));
      const bytes = found?.[1] ?? new Uint8Array(0);
      const [start, end] = [Number(from), Number(to)];
      const wanted =
        from === undefined ? Buffer.from(bytes).toString('utf8') : hexDump(bytes.subarray(start, end), start);
      expect({ page, object, shown }).toEqual({ page, object, shown: wanted });
      objects.add(object.replace(/^.*\./u, ''));
    }
    expect({ page, captions: text.match(/^From \[set-/gmu)?.length }).toEqual({
      page,
      captions: text.match(example)?.length,
    });
  }
  expect([...objects].toSorted()).toEqual(['allocation', 'json', 'layer', 'map', 'vhd', 'vhdx']);
});
