import { z } from 'zod';

export const severitySchema = z.enum(['off', 'info', 'warn', 'error', 'block']);

/** What a policy, or the engine itself, has to say about a run. */
export const findingSchema = z.object({
  /** Id of the rule. */
  policy: z.string(),
  severity: severitySchema,
  outcome: z.enum(['violation', 'unknown', 'suppressed']),
  /** What it is about: `target`, `disks/0/volumes/2`. */
  subject: z.string(),
  message: z.string(),
  remedy: z.string().optional(),
});
export type Finding = z.infer<typeof findingSchema>;
