import type { Finding } from '../model/finding.js';
import type { PlannedDisk } from '../model/plan.js';
import type { CanonicalReader } from './canonical-reader.js';
import type { InPlaceResult } from './write-in-place.js';

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
