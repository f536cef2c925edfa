import { z } from 'zod';

export const leaseRecordSchema = z.object({
  format: z.literal('sysimage-lease/1'),
  holder: z.object({
    token: z.string(),
    program: z.string(),
    host: z.string(),
    machine: z.string().exactOptional(),
    boot: z.string().exactOptional(),
    process: z.number().int().exactOptional(),
    processStart: z.string().exactOptional(),
  }),
  startedAt: z.string(),
  /** Counts up: an observer sees life in the change, and never compares clocks. */
  heartbeat: z.number().int().nonnegative(),
});
/** Who writes to a computer's folder now. The only object, apart from `computer.json`, that is ever replaced. */
export type LeaseRecord = z.infer<typeof leaseRecordSchema>;
