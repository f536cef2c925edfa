import { readProbe, type ProbeRecord, type Target } from '@sysimage/core';
import { kindOf, openTarget, settingsOf, type CommandContext, type CommonOptions } from '../command-context.js';
import { errorFacts } from '../output/describe-error.js';
import { formatBytes, formatDuration, formatMoment, formatTable, printable } from '../output/format.js';
import { paint } from '../output/terminal.js';
import { limitOf, retryOf, type RetrySettings } from '../targets/target-settings.js';

interface TargetFacts {
  readonly traits: Target['traits'];
  readonly capabilities: Target['capabilities'];
  readonly capacity: { readonly total?: number; readonly free?: number };
  /** Nothing is repeated without it. */
  readonly retry?: RetrySettings;
  /** Bytes per second, now. */
  readonly limit: { readonly upload?: number; readonly download?: number };
  /** What the last `target check` found out. */
  readonly check?: Pick<ProbeRecord, 'checkedAt' | 'passed' | 'failed' | 'withheld'>;
}

/** `sysimage target list`: the kinds there are, and the targets of the configuration with their flags. */
export async function targetListCommand(context: CommandContext, options: CommonOptions): Promise<void> {
  const { terminal, registry, loaded } = context;
  const names = Object.keys(loaded.config.targets);
  const seen = await Promise.all(
    names.map(async (name) => {
      const kind = loaded.config.targets[name]?.plugin ?? '';
      try {
        return { name, kind, ...(await factsOf(context, name)) };
      } catch (error) {
        return { name, kind, error: errorFacts(error) };
      }
    }),
  );
  if (options.json) {
    const kinds = registry.kinds.map(({ kind, description, facets, maybe = [] }) => ({
      kind,
      description,
      facets,
      maybe,
    }));
    terminal.out(`${JSON.stringify({ kinds, targets: seen })}\n`);
    return;
  }
  const kinds = registry.kinds.map(({ kind, description }) => [`  ${kind}:`, printable(description)]);
  terminal.out(`${formatTable([['kind', ''], ...kinds])}\n`);
  if (seen.length === 0) return;
  const rows = seen.map((target) =>
    'capabilities' in target
      ? [
          `  ${target.name}`,
          target.kind,
          target.capabilities.shadowCopies,
          target.capabilities.singleVersion ? 'yes' : 'no',
          target.capabilities.dynamicDisk,
          printable(target.traits.location),
        ]
      : [`  ${target.name}`, printable(target.kind), '', '', '', printable(String(target.error['message']))],
  );
  const head = ['target', 'kind', 'shadow copies', 'single version', 'dynamic disk', 'where'];
  terminal.out(`\n${formatTable([head, ...rows])}\n`);
}

/** `sysimage target show TARGET`: every flag and fact. */
export async function targetShowCommand(
  context: CommandContext,
  reference: string,
  options: CommonOptions,
): Promise<void> {
  const { terminal } = context;
  const facts = await factsOf(context, reference);
  if (options.json) {
    terminal.out(`${JSON.stringify(facts)}\n`);
    return;
  }
  const { capabilities, traits, capacity, retry, limit, check } = facts;
  const words = (value: boolean): string => (value ? 'yes' : 'no');
  const disks = traits.physicalDisks?.map(({ name }) => name).join(', ');
  const size = (value: number | undefined): string => (value === undefined ? 'not told' : formatBytes(value));
  const rate = (value: number | undefined): string => (value === undefined ? 'none' : `${formatBytes(value)}/s`);
  const rows = [
    ['shadow copies', capabilities.shadowCopies],
    ['single version', words(capabilities.singleVersion)],
    ['dynamic disk', capabilities.dynamicDisk],
    ['random write', words(capabilities.randomWrite)],
    ['atomic batch', words(capabilities.atomicBatch)],
    ['write once', words(capabilities.writeOnce)],
    ['removable', capabilities.removable],
    ['needs media', words(capabilities.needsMedia)],
    ['immutability', words(capabilities.immutability)],
    ['encrypted transport', capabilities.encryptedTransport],
    ['largest object', capabilities.maxObjectSize === undefined ? 'no limit' : formatBytes(capabilities.maxObjectSize)],
    ['medium', traits.medium],
    ['file system', printable(traits.fileSystem ?? 'not told')],
    ...volumeRows(traits.volume),
    ['physical disks', printable(disks ?? `not known: ${traits.physicalDisksUnknown ?? ''}`) || 'none of this machine'],
    ['size', size(capacity.total)],
    ['free', size(capacity.free)],
    ['tries of a call', retry === undefined ? '1' : describeRetry(retry)],
    ['limit now', `${rate(limit.upload)} to it, ${rate(limit.download)} from it`],
    ['last check', check === undefined ? 'none: sysimage target check' : describeCheck(check)],
    ...(check?.withheld ?? []).map(({ facet, why }) => ['not used', `${printable(facet)}, because ${printable(why)}`]),
  ];
  terminal.out(
    `${paint(terminal, 'bold', printable(traits.location))}\n${formatTable(rows.map(([key = '', value = '']) => [`  ${key}`, value]))}\n`,
  );
}

/** Nothing of a place of which nobody knows the volume. */
function volumeRows(volume: Target['traits']['volume']): readonly (readonly [string, string])[] {
  if (volume === undefined) return [];
  const { label, clusterSize, state, stateReason, compressed, sparse } = volume;
  return [
    ...(label === undefined ? [] : ([['volume', printable(label)]] as const)),
    ...(clusterSize === undefined ? [] : ([['clusters', formatBytes(clusterSize)]] as const)),
    ...(compressed === undefined ? [] : ([['compressed', compressed ? 'yes' : 'no']] as const)),
    ...(sparse === undefined ? [] : ([['sparse files', sparse ? 'yes' : 'no']] as const)),
    ['put away', `${state}${stateReason === undefined ? '' : `: ${printable(stateReason)}`}`],
  ];
}

async function factsOf(context: CommandContext, reference: string): Promise<TargetFacts> {
  const target = await openTarget(context, reference, 'read');
  try {
    const { traits, capabilities } = target;
    const kind = kindOf(context, reference)?.kind ?? '';
    // The check is for information: a place that does not tell of it is shown all the same.
    const found = await readProbe(target, kind, context.hasher).catch(() => undefined);
    const settings = settingsOf(context, reference);
    const retry = retryOf(settings, traits);
    const limitAt = limitOf(settings, context.access.limits);
    const now = context.clock.now();
    const [upload, download] = [limitAt?.('upload', now), limitAt?.('download', now)];
    return {
      traits,
      capabilities,
      capacity: (await target.facets.capacity?.read()) ?? {},
      ...(retry === undefined ? {} : { retry }),
      ...(found === undefined ? {} : { check: outcomeOf(found) }),
      limit: { ...(upload === undefined ? {} : { upload }), ...(download === undefined ? {} : { download }) },
    };
  } finally {
    await target.close();
  }
}

function describeRetry({ tries, pause, longestPause }: RetrySettings): string {
  return tries === 1 ? '1' : `up to ${tries}, ${formatDuration(pause)} to ${formatDuration(longestPause)} apart`;
}

function outcomeOf({ checkedAt, passed, failed, withheld }: ProbeRecord): NonNullable<TargetFacts['check']> {
  return { checkedAt, passed, failed, withheld };
}

function describeCheck({ checkedAt, passed, failed }: NonNullable<TargetFacts['check']>): string {
  return `${formatMoment(checkedAt)}: ${passed} passed, ${failed.length} failed`;
}
