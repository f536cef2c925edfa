import { z } from 'zod';

/** From the lightest to the gravest. */
export const severitySchema = z.enum(['off', 'info', 'warn', 'error', 'block']);

/** What a policy, or the engine itself, has to say about a run. */
export const findingSchema = z.object({
  /** Id of the rule. */
  policy: z.string(),
  severity: severitySchema,
  /** `pass` is told only to those who ask, and never recorded. */
  outcome: z.enum(['pass', 'violation', 'unknown', 'suppressed']),
  /** What it is about: `target`, `disks/0/volumes/2`. */
  subject: z.string(),
  message: z.string(),
  remedy: z.string().optional(),
  /** Of what is suppressed: why, and until the end of which day (UTC, `2027-01-31`). */
  suppression: z.object({ reason: z.string(), expires: z.string() }).optional(),
});
export type Finding = z.infer<typeof findingSchema>;
