import { SysimageError } from '../contract/errors.js';
import type { CatalogFacts, VersionFacts } from '../model/catalog-facts.js';
import type { BackupPlan, PlannedDisk } from '../model/plan.js';
import { isSameHardware } from './same-hardware.js';

/** Who wants to back up, and as whom. */
export interface Claimant {
  readonly computer: string;
  readonly machineId: string | undefined;
  readonly takeOver: boolean;
  readonly systems: BackupPlan['systems'];
}

type DiskHere = Pick<PlannedDisk, 'path' | 'key' | 'layout'>;
type DiskThere = VersionFacts['disks'][number];

/**
 * Refuses the folder of another machine of the same name. By the disks it is told whether that is this one before it was installed
 * anew, or another one. Errors: `already-exists`.
 */
export function assertSameMachine(
  { computer, machineId, takeOver, systems }: Claimant,
  location: string,
  { owner, versions, lost }: CatalogFacts,
  disks: readonly DiskHere[],
): void {
  // A machine without an id is not the one whose id stands there.
  if (owner?.machineId === undefined || owner.machineId === machineId || takeOver) return;
  const version = versions.findLast((each) => each.disks.some((there) => disks.some((here) => isSame(here, there))));
  const same = disks.find((here) => version?.disks.some((there) => isSame(here, there)) === true);
  if (version === undefined || same === undefined)
    throw otherComputer(computer, location, owner.name, versions.length > 0 && lost.length === 0);
  const [before, now] = [version.systems ?? [], systems].map(namesOf);
  const changed =
    before === now || before === '' || now === '' ? '' : ` ${before} was on its disks then, and ${now} is now.`;
  throw new SysimageError(
    'already-exists',
    `${location} holds images of ${owner.name} from before it was installed anew, or was started from another system: ${same.path} is the same disk, and the identity of the machine is another.${changed}`,
    {
      operation: 'plan',
      context: { computer },
      remedy:
        'Go on in its folder with --take-over: earlier versions stay. To keep them apart, or if this is another computer with a copy of that disk, give it another name with --computer.',
    },
  );
}

function otherComputer(computer: string, location: string, name: string, isKnown: boolean): SysimageError {
  return new SysimageError(
    'already-exists',
    isKnown
      ? `${location} already holds images of another computer called ${name}: none of its disks is one of these`
      : `${location} already is the place of another computer called ${name}, or of this one before it was installed anew: no version there tells by its disks which`,
    {
      operation: 'plan',
      context: { computer },
      remedy:
        'Give this computer another name with --computer. If it is the same one with new disks, go on in its folder with --take-over.',
    },
  );
}

/** By its key; after a new installation its table may have another identifier, and the hardware is still the same. */
function isSame({ key, layout }: DiskHere, there: DiskThere): boolean {
  return key === there.key || isSameHardware(layout, there.layout);
}

function namesOf(systems: readonly { readonly name: string }[]): string {
  return systems
    .map(({ name }) => name)
    .toSorted()
    .join(', ');
}
