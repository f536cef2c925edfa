import type { RecordHeader } from '@sysimage/block-device';
import {
  readPlanningFacts,
  surveyRecorded,
  SysimageError,
  volumeRoles,
  type PlanningFacts,
  type RecordedSurvey,
} from '@sysimage/core';
import type { CommandContext, CommonOptions } from '../command-context.js';
import { lookAtDisks, type Seen, type SeenDisk } from '../disks/look-at-disks.js';
import { readMachine } from '../machine/read-machine.js';
import { describeDisk, type KnownDisk } from '../output/describe-disk.js';
import { errorFacts } from '../output/describe-error.js';
import { describeSystems } from '../output/describe-systems.js';
import { printable } from '../output/format.js';
import { paint, type Terminal } from '../output/terminal.js';

export interface DisksOptions extends CommonOptions {
  readonly disk: readonly string[];
  /** A recorded machine instead of this one. */
  readonly machine?: string;
}

/** `sysimage disks`: what there is to back up, and what it is for. Reads only. */
export async function disksCommand(context: CommandContext, options: DisksOptions): Promise<void> {
  const { terminal } = context;
  const seen = options.machine === undefined ? await lookAtDisks(context, options.disk) : await recorded(options);
  if (options.json) {
    terminal.out(`${JSON.stringify(factsOf(seen))}\n`);
    return;
  }
  if (seen.disks.length === 0) terminal.err('No disks were found. Image files can be named with --disk.\n');
  for (const disk of seen.disks) terminal.out(`${inWords(disk, terminal)}\n`);
  for (const words of systemsInWords(seen)) terminal.out(`${words}\n`);
}

/** A recorded machine, with what was on its disks as far as that was recorded, too. */
async function recorded({ machine = '', disk: named }: DisksOptions): Promise<Seen> {
  const { header, ...disks } = await readMachine(machine);
  const facts = planningOf(header, machine);
  const inventory: readonly KnownDisk[] = await disks.list();
  // Image files are no disks of the machine.
  const files = facts?.disks.filter(({ path }) => inventory.every((disk) => disk.path !== path)) ?? [];
  const all: readonly KnownDisk[] = [...inventory, ...files.map(({ path, size }) => ({ path, size }))];
  const missing = named.find((path) => all.every((disk) => disk.path !== path));
  if (missing !== undefined)
    throw new SysimageError('not-found', `${machine} shows no disk ${missing}`, { operation: 'disks' });
  const wanted = all.filter(({ path }) => named.length === 0 || named.includes(path));
  const paths = wanted.map(({ path }) => path);
  const { layouts, survey }: Partial<RecordedSurvey> = facts === undefined ? {} : surveyRecorded(facts, paths);
  const why = 'what lies on the disks was not recorded';
  return {
    disks: wanted.map((disk, index): SeenDisk => {
      const layout = layouts?.get(disk.path);
      const looked = layout === undefined || survey === undefined ? { why } : { layout, disk: index, survey };
      const roles = volumeRoles(disk.volumes ?? [], looked);
      return layout === undefined ? { disk, roles } : { disk, roles, layout };
    }),
    systems: survey?.systems ?? [],
    paths,
  };
}

/** The inventory of a record is shown whoever wrote the rest. */
function planningOf({ planning }: RecordHeader, machine: string): PlanningFacts | undefined {
  try {
    return planning === undefined ? undefined : readPlanningFacts(planning, machine);
  } catch {
    return undefined;
  }
}

function factsOf({ disks, systems, paths }: Seen): object {
  return {
    disks: disks.map(({ disk, layout, error, roles }) => ({
      ...disk,
      ...(layout === undefined ? {} : { layout }),
      roles,
      ...(error === undefined ? {} : { error: errorFacts(error) }),
    })),
    systems: systems.map(({ needs, ...system }) => ({
      ...system,
      needs: needs.map(({ disk, ...need }) => ({ disk: paths[disk], ...need })),
    })),
  };
}

function inWords({ disk, layout, error, roles }: SeenDisk, terminal: Terminal): string {
  const words = describeDisk(disk, layout, terminal, roles);
  if (error === undefined) return `${words}\n`;
  return `${words}\n  ${paint(terminal, 'yellow', 'not read:')} ${printable(String(errorFacts(error)['message']))}\n`;
}

/** Volumes are named as the table of their disk numbers them. */
function systemsInWords({ systems, paths }: Seen): readonly string[] {
  const known = systems.map(({ needs, ...system }) => ({
    ...system,
    needs: needs.map((need) => ({ ...need, taken: true })),
  }));
  return describeSystems(known, ({ disk, partition }) =>
    partition === 0 ? (paths[disk] ?? '') : `${paths[disk] ?? ''} ${partition}`,
  );
}
