import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measure } from './measure.mjs';
import { judge, median, placeAsText, summarise } from './results.mjs';

const jobs = [
  { id: 'qemu', name: 'other' },
  { id: 'borg', name: 'not installed' },
  { id: 'first', name: 'sysimage' },
];
const round = (wall) => ({ wall, processor: 2 * wall, memory: 100 + wall });
const measured = new Map([
  ['qemu', [round(4), round(9), round(2)]],
  ['first', [round(3), round(2)]],
]);

void test('the median is the middle, or between the two in the middle', () => {
  assert.deepEqual([median([9, 1, 5]), median([4, 1, 2, 9]), median([])], [5, 3, undefined]);
});

void test('what was not measured is neither shown nor judged', () => {
  const rows = summarise(jobs, measured);
  assert.deepEqual(
    rows.map(({ id, wall, fastest, memory }) => [id, wall, fastest, memory]),
    [
      ['qemu', 4, 2, 109],
      ['first', 2.5, 2, 103],
    ],
  );
  assert.deepEqual(
    judge(rows).map(({ ratio, met }) => [ratio, met]),
    [[1.6, true]],
  );
  const text = placeAsText({ title: 'here', note: 'so' }, rows, judge(rows));
  assert.match(text, /\| sysimage \| 2\.50 \| 2\.00 \| 5\.00 \| 103 \| 0\.63 \|/u);
  assert.match(text, /\| 1\.60 \| 1 \| yes \|/u);
});

void test('a command is measured with its children, and its failure is told', async () => {
  const busy =
    'const end = Date.now() + 300; const held = Buffer.alloc(40 << 20, 1); while (Date.now() < end) held[0] += 1;';
  const { wall, processor, memory } = await measure(['sh', '-c', `"${process.execPath}" -e '${busy}'; true`]);
  assert.ok(wall >= 0.3 && processor >= 0.1 && memory >= 60, `${wall} s, ${processor} s, ${memory} MiB`);
  await assert.rejects(measure(['sh', '-c', 'echo why >&2; exit 3']), /ended with 3:\nwhy/u);
});
