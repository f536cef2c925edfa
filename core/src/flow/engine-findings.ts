import { isSysimageError, type SysimageError } from '../contract/errors.js';
import type { LostVersion } from '../image/catalog.js';
import { parseLayerName } from '../image/names.js';
import type { Finding } from '../model/finding.js';
import type { RunMark } from '../model/version-record.js';
import type { PlannedDisk } from '../model/plan.js';
import type { CanonicalReader } from './canonical-reader.js';
import type { InPlaceResult } from './write-in-place.js';

/** Versions that were found lost before anything was written. */
export function lostFindings(lost: readonly LostVersion[]): Finding[] {
  return lost.map(({ id, reason }) => ({
    policy: 'target/lost-version',
    severity: 'error',
    outcome: 'violation',
    subject: `versions/${id}`,
    message: `version ${id} is lost: ${reason}`,
    remedy: `Check the target, and who else writes to it. "sysimage delete ${id}" gives the version up.`,
  }));
}

/** Of layers whose runs have no records any more, and were taken back. */
export function forgottenFindings(layers: RunMark['disks']): Finding[] {
  const runs = new Set(layers.flatMap(({ layer = '' }) => parseLayerName(layer)?.run ?? []));
  return [...runs].toSorted().map((run) => ({
    policy: 'target/lost-version',
    severity: 'warn',
    outcome: 'violation',
    subject: `versions/${run}`,
    message: `there is no record of version ${run}; what it had changed was taken back, so that older versions stay whole`,
    remedy: 'If you did not delete it, check who else writes to the target.',
  }));
}

/** Of the record of the computer: no version needs it, but it keeps another computer of this name away. */
export function obstructedFinding(error: SysimageError): Finding {
  return {
    policy: 'target/obstructed',
    severity: 'warn',
    outcome: 'violation',
    subject: 'target',
    message: `the name of the computer cannot be kept on the target: ${error.message}`,
    remedy: 'Remove what stands there, and check who else writes to the target.',
  };
}

/** Of what a run could not let go of on the machine, or what an earlier one may have left there. */
export function leftSnapshotFinding(error: unknown, severity: 'warn' | 'error'): Finding {
  const remedy = isSysimageError(error) ? error.remedy : undefined;
  return {
    policy: 'source/snapshot-left',
    severity,
    outcome: 'violation',
    subject: 'snapshots',
    message: error instanceof Error ? error.message : String(error),
    remedy: remedy ?? 'Look at what is frozen, and at the snapshots of logical volumes: lvs.',
  };
}

/** What the engine itself has to say of a run: recorded in the version and reported. */
export function engineFindings(
  plan: PlannedDisk,
  reader: CanonicalReader,
  result: Pick<InPlaceResult, 'damaged'> & { readonly abandoned?: string },
): Finding[] {
  const subject = `disks/${plan.index}`;
  const findings: Finding[] = [];
  if (!reader.unreadable.isEmpty) {
    findings.push({
      policy: 'source/unreadable',
      severity: 'error',
      outcome: 'violation',
      subject,
      message: `${reader.unreadable.size} bytes of ${plan.path} could not be read; zeros stand in their place`,
      remedy: 'The disk may be failing: replace it, and check the files that lie there.',
    });
  }
  if (result.abandoned !== undefined) {
    findings.push({
      policy: 'target/damaged-image',
      severity: 'error',
      outcome: 'violation',
      subject,
      message: `the image of ${plan.path} could not be used any more, so a new one was begun: ${result.abandoned}`,
      remedy: 'Older versions may be lost. Check the target disk, and who else writes to it.',
    });
  }
  if (result.damaged > 0) {
    findings.push({
      policy: 'target/damaged-image',
      severity: 'error',
      outcome: 'violation',
      subject,
      message: `${result.damaged} blocks of 64 KiB in the image of ${plan.path} were damaged; older versions may have lost them`,
      remedy: 'Check the target disk. The new version holds what the source has.',
    });
  }
  return findings;
}
