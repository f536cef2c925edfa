import type { MachineDisks } from '@sysimage/block-device';
import {
  asFarAsKnown,
  planRecorded,
  readPlanningFacts,
  review,
  SysimageError,
  type Finding,
  type Policy,
  type RecordedRequest,
} from '@sysimage/core';
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
 * What the rules say of a backup on a recorded machine, at the moment when it was recorded. Nothing but the record and the configuration is read:
 * no disk is looked at and no target is opened. Rules that need what was not recorded are not known. Errors: `not-found` for a disk that the
 * record does not show.
 */
export async function checkMachine(context: CommandContext, backup: BackupOptions, path: string): Promise<Checked> {
  const { hasher, loaded, machine, registry, clock } = context;
  const { header, ...disks } = await readMachine(path);
  const facts = header.planning === undefined ? undefined : readPlanningFacts(header.planning, path);
  const { plan, missing, lost } = await planRecorded(
    {
      ...(await disksOf({ disks }, backup)),
      to: backup.to,
      place: await placeOf(context, backup.to, disks),
      computer: backup.computer ?? header.hostName ?? machine.hostName,
      exclude: backup.exclude,
      leaveOut: backup.leaveOut,
      snapshot: backup.snapshot,
      freezeLimit: backup.freezeLimit,
      takeOver: backup.takeOver,
      allowLive: backup.allowLive,
      allowIncomplete: backup.allowIncomplete,
      gaps: backup.gaps,
      verifyWithin: loaded.config.policies.verifyWithin,
      ...(backup.watch === undefined ? {} : { watch: backup.watch }),
    },
    { recordedAt: header.recordedAt, machineId: header.machineId, inventory: await disks.list(), facts },
    hasher,
  );
  const policies = policiesOf(
    { registry: { policies: asFarAsKnown(registry.policies, missing) }, loaded, clock },
    backup,
  );
  return { policies, findings: [...review(plan, policies), ...lost] };
}

/** Where a target lies, by its name or URL alone. */
async function placeOf(
  context: CommandContext,
  reference: string,
  disks: Pick<MachineDisks, 'disksBelow'>,
): Promise<RecordedRequest['place']> {
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
