import type { MachineDisks } from '@sysimage/block-device';
import { planOfMachine, review, SysimageError, type Finding, type MachineRequest, type Policy } from '@sysimage/core';
import { kindOf, type CommandContext } from '../command-context.js';
import { disksOf, type BackupOptions } from '../commands/backup.js';
import { policiesOf } from '../policies.js';
import { partsOf } from '../targets/target-settings.js';
import { readMachine } from './read-machine.js';

/** Rules as they were asked, and what they say. */
export interface Checked {
  readonly policies: readonly Policy[];
  readonly findings: readonly Finding[];
}

/**
 * What the rules say of a backup on a recorded machine. Nothing but the record and the configuration is read: no disk is looked at and
 * no target is opened. Rules that need more are not known. Errors: `not-found` for a disk that the record does not show.
 */
export async function checkMachine(context: CommandContext, backup: BackupOptions, path: string): Promise<Checked> {
  const disks = await readMachine(path);
  const all = await disks.list();
  const { disks: wanted, include } = await disksOf({ disks }, backup);
  const shown = wanted.map((wantedPath) => {
    const disk = all.find((each) => each.path === wantedPath);
    if (disk !== undefined) return disk;
    throw new SysimageError('not-found', `${path} shows no disk ${wantedPath}`, {
      operation: 'policy check',
      remedy: `It shows: ${all.map((each) => each.path).join(', ')}`,
    });
  });
  const plan = planOfMachine(
    {
      computer: backup.computer ?? context.machine.hostName,
      disks: shown,
      target: await placeOf(context, backup.to, disks),
      include,
      exclude: backup.exclude,
      allowLive: backup.allowLive,
    },
    context.hasher,
  );
  const { registry, loaded, clock } = context;
  const policies = policiesOf(
    { registry: { policies: registry.policies.map(asFarAsRecorded) }, loaded, clock },
    backup,
  );
  return { policies, findings: review(plan, policies) };
}

/** Where a target lies, by its name or URL alone. */
async function placeOf(
  context: CommandContext,
  reference: string,
  disks: Pick<MachineDisks, 'disksBelow'>,
): Promise<MachineRequest['target']> {
  const { targets } = context.loaded.config;
  const configured = Object.hasOwn(targets, reference) ? targets[reference] : undefined;
  const kind = kindOf(context, reference);
  if (kind === undefined)
    throw new SysimageError('invalid', `"${reference}" names no target`, { operation: 'policy check' });
  const path = await kind.pathOf?.(
    configured === undefined ? { url: reference } : { options: partsOf(configured).options },
  );
  const medium = 'disk';
  if (path === undefined) {
    const why = `where a target of the kind "${kind.kind}" lies shows only when it is opened`;
    return { location: configured === undefined ? kind.kind : reference, medium, physicalDisksUnknown: why };
  }
  const below = await disks.disksBelow(path);
  return {
    location: path,
    medium,
    ...(below.known ? { physicalDisks: below.disks } : { physicalDisksUnknown: below.why }),
    ...(below.fileSystems === undefined ? {} : { fileSystemsBelow: below.fileSystems }),
  };
}

function asFarAsRecorded(policy: Policy): Policy {
  const { meta } = policy;
  if (meta.ofMachine === true) return policy;
  const messages = { ...meta.messages, notRecorded: `"${meta.description}" cannot be judged by a recorded machine` };
  return {
    meta: { ...meta, messages },
    check: (_, report) => report({ messageId: 'notRecorded', subject: 'plan', unknown: true }),
  };
}
