// Medians, the goals as ratios of medians of one run, and the page that shows them.

/** `job` takes the time of `of` divided by at least `least`. */
export const goals = [
  { job: 'first', of: 'qemu', least: 1, says: 'first backup, with digests, against `qemu-img convert`, without' },
  { job: 'first', of: 'borg', least: 3, says: 'first backup against `borg create`' },
  { job: 'first', of: 'restic', least: 10, says: 'first backup against `restic backup`' },
  { job: 'same', of: 'borg-same', least: 2.5, says: 'unchanged second backup against `borg create`' },
  {
    job: 'restore',
    of: 'qemu-back',
    least: 1,
    says: 'restore, every block checked, against `qemu-img convert` back',
  },
];
export const mostMemory = 256;

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  if (sorted.length === 0) return undefined;
  return Number.isInteger(middle) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[Math.floor(middle)];
}

/** `measured`: id of a job → one `{ wall, processor, memory }` for each round. Jobs that were not measured are left out. */
export function summarise(jobs, measured) {
  return jobs.flatMap(({ id, name }) => {
    const rounds = measured.get(id) ?? [];
    if (rounds.length === 0) return [];
    const of = (field) => rounds.map((round) => round[field]);
    return [
      {
        id,
        name,
        wall: median(of('wall')),
        fastest: Math.min(...of('wall')),
        processor: median(of('processor')),
        memory: Math.max(...of('memory')),
      },
    ];
  });
}

/** How many times as fast as the other tool, for every goal both of whose jobs were measured. */
export function judge(rows) {
  const wallOf = (wanted) => rows.find(({ id }) => id === wanted)?.wall;
  return goals.flatMap(({ job, of, least, says }) => {
    const [mine, other] = [wallOf(job), wallOf(of)];
    if (mine === undefined || other === undefined) return [];
    const ratio = other / mine;
    return [{ says, ratio, least, met: ratio >= least }];
  });
}

/** One place as Markdown. */
export function placeAsText({ title, note }, rows, verdicts) {
  const base = rows.find(({ id }) => id === 'qemu')?.wall;
  const line = ({ name, wall, fastest, processor, memory }) => {
    const times = base === undefined ? '' : (wall / base).toFixed(2);
    return `| ${name} | ${wall.toFixed(2)} | ${fastest.toFixed(2)} | ${processor.toFixed(2)} | ${memory.toFixed(0)} | ${times} |`;
  };
  const ours = rows.filter(({ name }) => name.includes('sysimage'));
  const peak = Math.max(...ours.map(({ memory }) => memory));
  return [
    `## ${title}`,
    '',
    note,
    '',
    '| what | wall s, median | fastest | CPU s | peak MiB | times `qemu-img convert` |',
    '| --- | ---: | ---: | ---: | ---: | ---: |',
    ...rows.map(line),
    '',
    '| goal | times as fast | wanted | met |',
    '| --- | ---: | ---: | --- |',
    ...verdicts.map(
      ({ says, ratio, least, met }) => `| ${says} | ${ratio.toFixed(2)} | ${least} | ${met ? 'yes' : 'no'} |`,
    ),
    `| peak memory of sysimage, MiB | ${peak.toFixed(0)} | at most ${mostMemory} | ${peak <= mostMemory ? 'yes' : 'no'} |`,
    '',
  ].join('\n');
}
