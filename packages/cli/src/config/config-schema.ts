import { optionalContents, profiles, severitySchema } from '@sysimage/core';
import { z } from 'zod';
import { durationPattern } from '../duration.js';
import { ratePattern } from '../targets/rate.js';
import { hooksSchema, jobHooksSchema, logSchema, notificationSchema } from './run-schema.js';
import { duration, targetSchema } from './target-schema.js';

const text = z.string().min(1);
/** What users call their things; no colon, so that no name looks like a target URL. */
const name = z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9_-]*$/u, 'a name has letters, digits, - and _');

const jobSchema = z
  .strictObject({
    disks: z
      .array(text)
      .min(1)
      .describe('Block devices or image files; a relative path starts at the folder of this file')
      .exactOptional(),
    all: z.boolean().describe('All disks of this machine that are not removable, and no loop devices').exactOptional(),
    to: text.describe('The name of a target, or a target URL').exactOptional(),
    include: z.array(text).describe('Only these volumes').exactOptional(),
    exclude: z.array(text).describe('All volumes but these').exactOptional(),
    leaveOut: z
      .array(z.enum(optionalContents))
      .describe('What a restored Windows makes anew by itself')
      .exactOptional(),
    computer: text.describe('Name of the computer on the target; default: the host name').exactOptional(),
    snapshot: text
      .describe('How volumes that are mounted for writing are read: auto (the default), none, or the name of one way')
      .exactOptional(),
    freezeLimit: duration.describe('How long writers may be held up: 60s').exactOptional(),
    allowIncomplete: z.boolean().describe('Take a system without volumes that it needs to start').exactOptional(),
    allowLive: z
      .boolean()
      .describe('Take volumes that are mounted for writing and of which there is no snapshot')
      .exactOptional(),
    gaps: z.boolean().describe('Take all space outside partitions').exactOptional(),
    checkImages: z.boolean().describe('Read what images hold before it is believed').exactOptional(),
    evict: z.boolean().describe('Give up the oldest versions when the target is full; default: true').exactOptional(),
    maxShadow: z
      .string()
      .regex(ratePattern, 'must be like 500MiB, 20GiB or 1.5GB')
      .describe('Give up the oldest versions while shadow storage takes more: 200GiB')
      .exactOptional(),
    lockWait: z
      .string()
      .regex(durationPattern, 'must be like 30s, 10m or 1h')
      .describe('How long to wait for another backup: 30s, 10m, 1h')
      .exactOptional(),
    maxAge: duration
      .describe('How old the newest good backup may be before "sysimage overdue" complains: 36h')
      .exactOptional(),
    hooks: jobHooksSchema.describe('Commands before and after this job').exactOptional(),
  })
  .refine(({ disks, all }) => disks === undefined || all !== true, {
    path: ['all'],
    message: 'all and disks exclude each other',
  })
  // The same for programs that read the JSON Schema.
  .meta({ not: { required: ['disks', 'all'], properties: { all: { const: true } } } });

const suppressionSchema = z.strictObject({
  policy: text.describe('Id of the rule'),
  subject: text.describe('What it is about, with all below: disks/0; default: everything').exactOptional(),
  reason: text.describe('Why it is accepted'),
  expires: z.iso.date('must be a day, like 2027-01-31').describe('The last day on which it holds, in UTC'),
});

const policiesSchema = z.strictObject({
  profile: z.enum(profiles).default('recommended').describe('How strictly findings are taken'),
  verifyWithin: z.int().min(1).max(3650).default(35).describe('Days that there may be between two verifications'),
  severities: z.record(z.string(), severitySchema).default({}).describe('Severities by id of the rule'),
  options: z
    .record(z.string(), z.record(z.string(), z.number()))
    .default({})
    .describe('What rules go by, by id of the rule and name of the option'),
  suppress: z.array(suppressionSchema).default([]).describe('Findings that are known and accepted for a while'),
});

/** The configuration file: data only, because the program runs as root. */
export const configSchema = z.strictObject({
  plugins: z
    .array(text)
    .default([])
    .describe(
      'Packages or files of plugins, beside those that come with the program; a path starts at the folder of this file',
    ),
  targets: z
    .record(name, targetSchema)
    .default({})
    .describe(
      'Targets by name: plugin is the kind, retry and limit are for all kinds, everything else are its own options',
    ),
  jobs: z.record(name, jobSchema).default({}).describe('Backups by name: what "sysimage backup NAME" does'),
  policies: policiesSchema.prefault({}).describe('What the checks of a plan are to do'),
  hooks: hooksSchema.describe('Commands before and after every run').exactOptional(),
  notifications: z.record(name, notificationSchema).default({}).describe('Who is told what came of it, by name'),
  log: logSchema.describe('A file that is told everything').exactOptional(),
});
export type Config = z.infer<typeof configSchema>;
export type Job = z.infer<typeof jobSchema>;
