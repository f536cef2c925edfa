import { SysimageError } from '../contract/errors.js';
import type { VersionRecord } from '../model/version-record.js';
import { checkReceipts } from './check-receipts.js';
import type { RunContext } from './run-context.js';

/**
 * Makes sure that what a record is about to vouch for is there: who removes something while it is written notices nothing of that, and neither
 * does whoever writes into an open file. Errors: `corrupt`.
 */
export async function assertThere(
  { target, catalog, services: { hasher } }: RunContext,
  record: VersionRecord,
): Promise<void> {
  const committed = { ...catalog, versions: [...catalog.versions, record], openRuns: [] };
  const { lost } = await checkReceipts(target, committed, hasher);
  const reason = lost.find(({ id }) => id === record.id)?.reason;
  if (reason === undefined) return;
  throw new SysimageError('corrupt', `${reason}: it was written just now, and somebody else has changed it`, {
    operation: 'backup',
    remedy: 'This is no version. See who else removes files there, and run the backup again.',
  });
}
