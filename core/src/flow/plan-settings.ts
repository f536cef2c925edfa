import type { BackupPlan } from '../model/plan.js';
import type { PlanSettings } from '../plan/assemble-plan.js';
import type { BackupRequest } from './backup.js';

/** What of a request a plan goes by. */
export type PlanRequest = Pick<
  BackupRequest,
  'computer' | 'takeOver' | 'allowLive' | 'allowIncomplete' | 'gaps' | 'lastVerified' | 'verifyWithin' | 'watch'
>;

/** Days between two verifications, where nobody says anything. */
const usualDays = 35;

export function planSettings(
  { computer, ...request }: PlanRequest,
  { systems, unread }: Pick<BackupPlan, 'systems' | 'unread'>,
  about: Pick<PlanSettings, 'now' | 'machineId'>,
): PlanSettings {
  const { takeOver = false, allowLive = false, allowIncomplete = false, gaps = false } = request;
  const { lastVerified, verifyWithin = usualDays, watch } = request;
  return {
    ...about,
    systems,
    unread,
    computer,
    takeOver,
    allowLive,
    allowIncomplete,
    gaps,
    lastVerified,
    verifyWithin,
    watch,
  };
}
