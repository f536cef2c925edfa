import { computerName, type Catalog, type LostVersion, type Target, type VersionRecord } from '@sysimage/core';
import { withTarget, type CommandContext, type CommonOptions } from '../command-context.js';
import { describeVersion } from '../output/describe-version.js';
import { formatAge, formatBytes, formatMoment, formatTable, printable } from '../output/format.js';
import { paint } from '../output/terminal.js';
import { stateFolder } from '../state/state-folder.js';
import { verifyAge, type VerifyAge, type VerifyPass } from '../state/verify-ages.js';
import { VerifyMemory } from '../state/verify-memory.js';
import { summarize } from './backup.js';

export interface VersionsOptions extends CommonOptions {
  readonly from: string;
  readonly computer?: string;
}

/** `sysimage versions [VERSION]`: what can be restored, oldest first, or all about one version. Reads only. */
export async function versionsCommand(
  context: CommandContext,
  wanted: string | undefined,
  options: VersionsOptions,
): Promise<void> {
  const { terminal } = context;
  if (wanted !== undefined) {
    await oneVersion(context, wanted, options);
    return;
  }
  await withTarget(context, options.from, 'read', async (target) => {
    // A computer that is asked for must be there; without one, an empty target is an answer.
    if (options.computer !== undefined) await context.engine.computer(target, options.computer);
    const catalogs = await context.engine.catalogs(target, options.computer);
    if (options.json) {
      const known: Known[] = [];
      for (const catalog of catalogs) known.push(await knownOf(context, target, catalog));
      const touched = known.flatMap((each) => each.touched);
      terminal.out(`${JSON.stringify({ versions: known.flatMap(facts), touched })}\n`);
      return;
    }
    if (catalogs.length === 0) terminal.err(`There are no backups on ${printable(target.traits.location)}.\n`);
    for (const catalog of catalogs) terminal.out(describe(await knownOf(context, target, catalog), context));
  });
}

async function oneVersion(context: CommandContext, wanted: string, options: VersionsOptions): Promise<void> {
  const { engine, terminal } = context;
  await withTarget(context, options.from, 'read', async (target) => {
    const catalog = await engine.computer(target, options.computer);
    const version = engine.version(catalog, wanted);
    const known = await knownOf(context, target, catalog);
    const lost = known.lost.find(({ id }) => id === version.id);
    if (options.json) {
      const versions = facts(known).filter(({ id }) => id === version.id);
      terminal.out(`${JSON.stringify({ versions, touched: known.touched })}\n`);
      return;
    }
    terminal.out(describeVersion(version, terminal));
    if (lost !== undefined) terminal.out(`\n${paint(terminal, 'red', 'lost')}: ${printable(lost.reason)}\n`);
  });
}

/** What is known of the versions of one computer without reading what they hold. */
interface Known {
  readonly catalog: Catalog;
  readonly passes: readonly VerifyPass[];
  /** Also those whose records are whole. */
  readonly lost: readonly LostVersion[];
  readonly touched: readonly string[];
}

async function knownOf({ engine, hasher }: CommandContext, target: Target, catalog: Catalog): Promise<Known> {
  const memory = await VerifyMemory.open(stateFolder(process.env), target, catalog.folder, hasher);
  const { lost, touched } = await engine.receipts(target, catalog);
  const all = [...catalog.lost, ...lost].toSorted((a, b) => (a.id < b.id ? -1 : 1));
  return { catalog, passes: memory.passes, lost: all, touched };
}

function facts({ catalog, passes, lost }: Known): Readonly<Record<string, unknown>>[] {
  const found = new Map<string, Readonly<Record<string, unknown>>>();
  for (const version of catalog.versions)
    found.set(version.id, { ...summarize(version), ...verifyAge(passes, version.id) });
  for (const { id, reason } of lost) {
    const nothing = { id, computer: computerName(catalog), createdAt: undefined, disks: [] };
    found.set(id, { ...(found.get(id) ?? nothing), state: 'lost', reason });
  }
  return [...found.values()].toSorted((a, b) => (String(a['id']) < String(b['id']) ? -1 : 1));
}

function describe({ catalog, passes, lost, touched }: Known, { terminal, clock }: CommandContext): string {
  const isLost = new Set(lost.map(({ id }) => id));
  const rows = catalog.versions.map((version) => [
    `  ${version.id}`,
    formatMoment(version.createdAt),
    String(version.disks.length),
    formatBytes(sum(version, 'allocatedBytes')),
    formatBytes(sum(version, 'changedBytes')),
    isLost.has(version.id) ? 'lost' : stateOf(version),
    ageOf(verifyAge(passes, version.id), clock.now()),
  ]);
  const lines = [paint(terminal, 'bold', printable(computerName(catalog)))];
  if (rows.length > 0)
    lines.push(formatTable([['  version', 'taken', 'disks', 'holds', 'written', 'state', 'verified'], ...rows]));
  for (const { id, reason } of lost) lines.push(`  ${id}  ${paint(terminal, 'red', 'lost')}: ${printable(reason)}`);
  for (const name of touched)
    lines.push(
      `  ${printable(name)}  ${paint(terminal, 'yellow', 'touched')}: not as it was left; verify tells whether anything is lost, and the next backup reads images before it believes them`,
    );
  for (const { run } of catalog.openRuns) {
    lines.push(
      `  ${run}  ${paint(terminal, 'yellow', 'unfinished')}: going on now, or cut off; the next backup goes on with it or takes it back`,
    );
  }
  return `${lines.join('\n')}\n`;
}

/** As far as this machine knows. */
function ageOf({ verifiedAt, damagedAt }: VerifyAge, now: Date): string {
  const ago = (moment: string): string => `${formatAge(now.getTime() - Date.parse(moment))} ago`;
  if (damagedAt !== undefined) return `damaged ${ago(damagedAt)}`;
  return verifiedAt === undefined ? 'never' : ago(verifiedAt);
}

function stateOf(version: VersionRecord): string {
  const lost = unreadableBytes(version);
  return lost === 0 ? version.consistency : `${version.consistency}, ${formatBytes(lost)} could not be read`;
}

/** Bytes of the disks that could not be read when the version was taken. */
export function unreadableBytes(version: VersionRecord): number {
  return version.disks
    .flatMap(({ unreadable }) => unreadable)
    .reduce((total, { start, end }) => total + end - start, 0);
}

function sum(version: VersionRecord, field: 'allocatedBytes' | 'changedBytes'): number {
  return version.disks.reduce((total, disk) => total + disk[field], 0);
}
