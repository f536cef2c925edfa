import { z } from 'zod';
import { SysimageError } from '../contract/errors.js';
import { diskFactsSchema } from './disk-facts.js';
import { targetFactsSchema } from './target-facts.js';

const text = z.string().max(4096);

const systemFactsSchema = z.strictObject({
  family: z.enum(['windows', 'linux']),
  name: text,
  version: text.optional(),
  build: z.number().int().nonnegative().optional(),
  needs: z
    .array(
      z.strictObject({
        /** Path of the disk. */
        disk: text,
        partition: z.number().int().nonnegative(),
        role: z.enum(['system', 'boot', 'recovery', 'part']),
      }),
    )
    .max(256),
  startKnown: z.boolean(),
});
export type SystemFacts = z.infer<typeof systemFactsSchema>;

/** What of disks and targets goes into a plan, as a document. */
export const planningFactsSchema = z.strictObject({
  format: z.literal('sysimage-planning/1'),
  /** Those that were looked into. */
  disks: z.array(diskFactsSchema).max(4096),
  /** Installed on these disks; absent when nobody could look. */
  systems: z.array(systemFactsSchema).max(256).optional(),
  /** Volumes on these disks that may hold more of them, into which nobody could look. */
  unread: z
    .array(z.strictObject({ disk: text, partition: z.number().int().nonnegative(), why: text }))
    .max(16_384)
    .optional(),
  /** By the name or URL that they were asked for by. */
  targets: z.record(z.string().max(4096), targetFactsSchema),
});
export type PlanningFacts = z.infer<typeof planningFactsSchema>;

/** Errors: `invalid`, naming what is wrong and where, for a value that is no such document. `where`: for people. */
export function readPlanningFacts(value: unknown, where: string): PlanningFacts {
  const parsed = planningFactsSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [first] = parsed.error.issues;
  const why =
    first?.path[0] === 'format'
      ? 'their format is not sysimage-planning/1'
      : `${first?.path.join('.') ?? ''}: ${first?.message ?? 'they are something else'}`;
  throw new SysimageError('invalid', `the planning facts of ${where} cannot be read: ${why}`, {
    operation: 'read machine',
    remedy: 'Record the machine again, with the program that reads it.',
  });
}
