import { mailSecurities } from '@sysimage/notifications';
import { z } from 'zod';
import { runCommands } from '../run/run-commands.js';
import { ratePattern } from '../targets/rate.js';
import { duration, retrySchema } from './target-schema.js';

const text = z.string().min(1);
const words = z.array(text).min(1).describe('A program and its arguments; no shell reads them');
const environment = z.array(text).describe('Names of variables that it gets beside the usual ones').exactOptional();
const commands = z.array(z.enum(runCommands)).min(1).exactOptional();

/** A text that may be kept elsewhere. */
const secret = z.union(
  [
    text,
    z.strictObject({ env: text.describe('Name of an environment variable') }),
    z.strictObject({ file: text.describe('Path of a file') }),
  ],
  'must be a text, { env: NAME } or { file: PATH }',
);

const hook = {
  run: words,
  mode: z
    .enum(['essential', 'optional'])
    .describe('Whether its failure stops the run, or makes it one that failed; default: essential')
    .exactOptional(),
  timeout: duration.describe('After which it is stopped with all that it started; default: 10m').exactOptional(),
  environment,
};
const when = z
  .enum(['success', 'failure', 'always'])
  .describe('Whether it comes after what ended with exit code 0, with another, or both; default: always')
  .exactOptional();

const afterSchema = z.strictObject({ ...hook, when });
const hooksOf = <B extends z.ZodType, A extends z.ZodType>(
  before: B,
  after: A,
): z.ZodObject<{ before: z.ZodExactOptional<z.ZodArray<B>>; after: z.ZodExactOptional<z.ZodArray<A>> }> =>
  z.strictObject({
    before: z.array(before).describe('Before anything is opened, in this order').exactOptional(),
    after: z.array(after).describe('Whatever happened, in this order').exactOptional(),
  });

export const jobHooksSchema = hooksOf(z.strictObject(hook), afterSchema);

const ofCommands = { commands: commands.describe('Around which commands; default: backup') };
export const hooksSchema = hooksOf(
  z.strictObject({ ...hook, ...ofCommands }),
  z.strictObject({ ...hook, when, ...ofCommands }),
);

const mailSchema = z.strictObject({
  server: text.describe('Host name of the mail server'),
  port: z.int().min(1).max(65_535).describe('Default: 587, with tls 465, with none 25').exactOptional(),
  security: z.enum(mailSecurities).describe('Default: starttls').exactOptional(),
  user: text.describe('Who logs in').exactOptional(),
  password: secret.exactOptional(),
  from: text.describe('Address of the sender'),
  to: z.array(text).min(1).describe('Addresses of those who get it'),
  authority: secret.describe('Certificates to trust instead of the usual ones, PEM').exactOptional(),
});

const webhookSchema = z.strictObject({
  url: secret.describe('https, or http on this machine'),
  headers: z.record(text, secret).describe('Sent with it').exactOptional(),
  allowHttp: z.boolean().describe('http also to other machines').exactOptional(),
});

export const notificationSchema = z
  .strictObject({
    on: z
      .array(z.enum(['failure', 'success', 'overdue']))
      .min(1)
      .describe('Default: failure, overdue')
      .exactOptional(),
    commands: commands.describe('Of which commands; default: backup, verify, overdue'),
    mail: mailSchema.exactOptional(),
    webhook: webhookSchema.exactOptional(),
    run: words.exactOptional(),
    environment,
    timeout: duration.describe('Of one try; default: 30s').exactOptional(),
    retry: retrySchema.describe('How often it is tried; default: 3 tries, 1s and 2s apart').exactOptional(),
  })
  .refine(({ mail, webhook, run }) => [mail, webhook, run].filter((each) => each !== undefined).length === 1, {
    message: 'must have one of mail, webhook and run',
  })
  // The same for programs that read the JSON Schema.
  .meta({ oneOf: ['mail', 'webhook', 'run'].map((required) => ({ required: [required] })) });

export const logSchema = z.strictObject({
  file: text.describe('Where every run adds lines of JSON; a relative path starts at the folder of this file'),
  size: z
    .string()
    .regex(ratePattern, 'must be like 500KiB or 10MiB')
    .describe('From which on a new file is begun, and the one before kept as FILE.1; default: 10MiB')
    .exactOptional(),
});

export type Hook = z.infer<(typeof hooksSchema)['shape']['before']['def']['innerType']>[number];
export type AfterHook = z.infer<(typeof hooksSchema)['shape']['after']['def']['innerType']>[number];
export type NotificationConfig = z.infer<typeof notificationSchema>;
