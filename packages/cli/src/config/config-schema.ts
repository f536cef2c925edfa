import { z } from 'zod';

const namePattern = /^[a-z0-9][a-z0-9_-]*$/iu;

const targets = z.record(z.string(), z.looseObject({ plugin: z.string().min(1) })).superRefine((value, context) => {
  for (const name of Object.keys(value)) {
    if (!namePattern.test(name))
      context.addIssue({ code: 'custom', path: [name], message: 'a name has letters, digits, - and _' });
  }
});

/** The configuration file: data only, because the program runs as root. */
export const configSchema = z.strictObject({
  /** Packages or files of plugins, beside those that come with the program; a path starts at the folder of this file. */
  plugins: z.array(z.string().min(1)).default([]),
  /** Targets by name: `plugin` is the kind, everything else are its own options. */
  targets: targets.default({}),
});
export type Config = z.infer<typeof configSchema>;
