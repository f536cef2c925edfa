import { z } from 'zod';
import { durationPattern } from '../duration.js';
import { ratePattern } from '../targets/rate.js';

const text = z.string().min(1);
export const duration = z.string().regex(durationPattern, 'must be like 500ms, 30s, 10m or 1h');
const rate = z.string().regex(ratePattern, 'must be like 500KiB or 10MiB, at least 1KB');
const timeOfDay = z.string().regex(/^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/u, 'must be a time of the day, like 08:00');

export const daysOfWeek = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

export const retrySchema = z.strictObject({
  tries: z
    .int()
    .min(1)
    .max(1000)
    .describe('How often a call is made before it is given up; 1: never again')
    .exactOptional(),
  pause: duration.describe('Before the second try; every later pause is twice the one before').exactOptional(),
  longestPause: duration.describe('No pause is longer').exactOptional(),
});

const directions = {
  upload: rate.describe('Bytes per second to the target: 500KiB, 10MiB').exactOptional(),
  download: rate.describe('Bytes per second from the target').exactOptional(),
};

const windowSchema = z.strictObject({
  from: timeOfDay.describe('When it begins, in the time zone of the machine: 08:00'),
  to: timeOfDay.describe('When it ends; not after from means on the next day'),
  days: z.array(z.enum(daysOfWeek)).min(1).describe('On which it begins; default: all').exactOptional(),
  ...directions,
});

const limitSchema = z.strictObject({
  ...directions,
  windows: z
    .array(windowSchema)
    .describe('Other limits at some hours: the first that holds stands in the place of everything else')
    .exactOptional(),
});

export const targetSchema = z.looseObject({
  plugin: text.describe('The kind of target'),
  retry: retrySchema.describe('How calls are repeated that may succeed later').exactOptional(),
  limit: limitSchema.describe('How many bytes per second may move').exactOptional(),
});

export type TargetConfig = z.infer<typeof targetSchema>;
export type RetryConfig = z.infer<typeof retrySchema>;
export type LimitConfig = z.infer<typeof limitSchema>;
