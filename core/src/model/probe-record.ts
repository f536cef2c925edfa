import { z } from 'zod';

const caseSchema = z.object({ case: z.string().max(500), why: z.string().max(1000) });

export const probeRecordSchema = z.object({
  format: z.literal('sysimage-probe/1'),
  /** Of the place that was checked: the record says nothing of another one that it was copied to. */
  identity: z.string(),
  kind: z.string(),
  checkedAt: z.iso.datetime(),
  tool: z.string(),
  /** Facets that the plugin declares, surely or perhaps. */
  declared: z.array(z.string()).max(100),
  /** Facets that the place had. */
  probed: z.array(z.string()).max(100),
  /** Facets that the place had and that broke the contract: they are not used. */
  withheld: z.array(z.object({ facet: z.string(), why: z.string().max(1000) })).max(100),
  passed: z.number().int().nonnegative(),
  failed: z.array(caseSchema).max(1000),
  skipped: z.array(caseSchema).max(1000),
});
/** What a check found out about a place. It can only take abilities away. */
export type ProbeRecord = z.infer<typeof probeRecordSchema>;
