import { writeFile } from 'node:fs/promises';
import { passedPolicies, SysimageError, type Policy, type Profile } from '@sysimage/core';
import { readOnly } from '@sysimage/layers';
import { listenerOf, withTarget, type CommandContext, type CommonOptions } from '../command-context.js';
import { didYouMean } from '../did-you-mean.js';
import { exitCodes } from '../exit-code.js';
import { toJunit } from '../findings/junit.js';
import { toSarif } from '../findings/sarif.js';
import { toText } from '../findings/text.js';
import { judge, type Limits, type Verdict } from '../findings/verdict.js';
import { formatTable, printable } from '../output/format.js';
import { paint, type Terminal } from '../output/terminal.js';
import { checkMachine, type Checked } from '../machine/check-machine.js';
import { policiesOf } from '../policies.js';
import { policyPage } from '../policy-page.js';
import { backupRequest, type BackupOptions } from './backup.js';

export const findingFormats = ['text', 'json', 'sarif', 'junit'] as const;

export interface PolicyOptions extends CommonOptions {
  readonly profile?: Profile;
}

/** What the check has beside the options of a backup. */
export interface PolicyCheckOptions extends CommonOptions, Limits {
  /** Without it: `json` with --json, otherwise `text`. */
  readonly format?: (typeof findingFormats)[number];
  /** A file instead of standard output. */
  readonly output?: string;
  readonly showPassed: boolean;
  /** A recorded machine instead of this one. */
  readonly machine?: string;
}

/** `sysimage policy list`: the rules, as the configuration wants them. */
export async function policyListCommand(context: CommandContext, options: PolicyOptions): Promise<void> {
  const { terminal } = context;
  const policies = policiesOf(context, options).toSorted((a, b) => (a.meta.id < b.meta.id ? -1 : 1));
  if (options.json) {
    const facts = policies.map(({ meta: { id, severity, floor, options, description, docs } }) => ({
      id,
      severity,
      floor,
      options,
      description,
      docs,
    }));
    terminal.out(`${JSON.stringify({ policies: facts })}\n`);
    return;
  }
  const rows = policies.map(({ meta }) => [meta.id, meta.severity, meta.floor ?? '', printable(meta.description)]);
  terminal.out(`${formatTable([['rule', 'severity', 'not below', 'checks that'], ...rows])}\n`);
}

/** `sysimage policy explain ID`: all that a rule says of itself. */
export async function policyExplainCommand(context: CommandContext, id: string, options: PolicyOptions): Promise<void> {
  const { terminal } = context;
  const { meta } = findPolicy(policiesOf(context, options), id);
  const page = await policyPage(id);
  if (options.json) {
    terminal.out(`${JSON.stringify({ ...meta, page })}\n`);
    return;
  }
  const floor = meta.floor === undefined ? '' : `, not below ${meta.floor}`;
  const lines = [
    `${paint(terminal, 'bold', meta.id)}  ${printable(meta.description)}`,
    `  severity: ${meta.severity}${floor}`,
    ...Object.entries(meta.options ?? {}).map(
      ([name, { description, value, least, most }]) =>
        `  option:   ${printable(name)} = ${value} (${least} to ${most})  ${printable(description)}`,
    ),
    ...Object.entries(meta.messages).flatMap(([key, message]) => [
      `  says:     ${printable(message)}`,
      ...(meta.remedies?.[key] === undefined ? [] : [`            → ${printable(meta.remedies[key])}`]),
    ]),
    `  source:   ${printable(meta.source)}`,
    ...(meta.docs === undefined || page !== undefined ? [] : [`  more:     ${printable(whereMore(meta.docs))}`]),
    ...(page === undefined ? [] : ['', ...page.split('\n').map((line) => printable(line))]),
  ];
  terminal.out(`${lines.join('\n')}\n`);
}

/** A path means something only to who has the sources of a plugin. */
function whereMore(docs: string): string {
  return /^https?:/u.test(docs) ? docs : `${docs}, in the sources of the plugin that brings the rule`;
}

/** `sysimage policy check`: what the rules say of a backup. Reads only; its exit code is 13 when that is too grave. */
export async function policyCheckCommand(
  context: CommandContext,
  backup: BackupOptions,
  options: PolicyCheckOptions,
): Promise<number> {
  const { policies, findings } =
    options.machine === undefined
      ? await checkThis(context, backup)
      : await checkMachine(context, backup, options.machine);
  const passed = passedPolicies(policies, findings);
  const verdict = judge(options.showPassed ? [...findings, ...passed] : findings, options);
  const failed = verdict.failing.size > 0;
  const exitCode = failed ? exitCodes.blocked : exitCodes.done;
  const write = (text: string): Promise<void> => deliver(context, options, text);
  const format = options.format ?? (options.json ? 'json' : 'text');
  if (format === 'sarif') await write(lineOf(toSarif(verdict.findings, policies, versionOf(context))));
  else if (format === 'junit') await write(toJunit(verdict, passed));
  else if (format === 'json') await write(lineOf(factsOf(verdict, exitCode)));
  else await write(toText(verdict, passed.length, plainIfFile(context, options)));
  return exitCode;
}

async function checkThis(context: CommandContext, backup: BackupOptions): Promise<Checked> {
  // As a backup opens it: a place that is still to be made can be judged before. Nothing is made.
  const { findings } = await withTarget(context, backup.to, 'write', async (target) =>
    context.engine.plan(await backupRequest(context, backup, readOnly(target))),
  );
  return { policies: policiesOf(context, backup), findings };
}

function plainIfFile({ terminal }: CommandContext, { output }: PolicyCheckOptions): Terminal {
  return output === undefined ? terminal : { ...terminal, color: false };
}

function factsOf({ findings, failing }: Verdict, exitCode: number): object {
  return { findings, failed: failing.size > 0, exitCode };
}

function lineOf(value: object): string {
  return `${JSON.stringify(value)}\n`;
}

function versionOf({ tool }: CommandContext): string {
  return tool.split(' ').at(-1) ?? tool;
}

async function deliver(context: CommandContext, options: PolicyCheckOptions, text: string): Promise<void> {
  const { output } = options;
  if (output === undefined) {
    context.terminal.out(text);
    return;
  }
  try {
    await writeFile(output, text);
  } catch (error) {
    throw new SysimageError('denied', `${output} cannot be written`, { operation: 'policy check', cause: error });
  }
  listenerOf(context).say(`Findings are in ${printable(output)}.\n`);
}

function findPolicy(policies: readonly Policy[], id: string): Policy {
  const policy = policies.find(({ meta }) => meta.id === id);
  if (policy !== undefined) return policy;
  const ids = policies.map(({ meta }) => meta.id);
  throw new SysimageError('invalid', `there is no rule "${id}"${didYouMean(id, ids)}`, {
    operation: 'policy explain',
    remedy: '"sysimage policy list" shows all rules.',
  });
}
