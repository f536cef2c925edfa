import { findingSchema } from '@sysimage/core';
import { z } from 'zod';
import type { RunEvent } from './run-event.js';

const phase = z.enum(['read', 'check', 'restore', 'verify', 'export', 'compact']);
const bytes = z.int().min(0);
const text = z.string().min(1);
const facts = {
  command: text,
  job: text.exactOptional(),
  target: text.exactOptional(),
  computer: text.exactOptional(),
};
const error = z.looseObject({ code: text, message: z.string() });

const plan = z.looseObject({
  computer: text,
  target: z.looseObject({ traits: z.looseObject({ location: text }), versions: z.int().min(0) }),
  disks: z.array(
    z.looseObject({
      index: z.int().min(0),
      path: text,
      bytesToRead: bytes,
      bytesNeeded: bytes,
      incremental: z.boolean(),
    }),
  ),
  strategy: z.looseObject({ kind: z.enum(['in-place', 'sequential', 'impossible']) }),
  replacement: z.enum(['keep', 'beside', 'swap']),
  bytesNeeded: bytes,
});

const damage = z.strictObject({
  object: text,
  start: bytes,
  end: bytes,
  what: text,
  versions: z.array(text),
});

/** The shape of every event, as others may rely on it. Fields may be added to what is told of plans, errors and results. */
export const runEventSchemas = {
  begin: z.strictObject({ event: z.literal('begin'), tool: text, time: z.iso.datetime(), ...facts }),
  opened: z.strictObject({ event: z.literal('opened'), location: text, purpose: z.enum(['read', 'write']) }),
  plan: z.strictObject({ event: z.literal('plan'), plan }),
  finding: z.strictObject({ event: z.literal('finding'), finding: findingSchema.strict() }),
  recovered: z.strictObject({ event: z.literal('recovered'), run: text }),
  resumed: z.strictObject({ event: z.literal('resumed'), run: text }),
  phase: z.strictObject({ event: z.literal('phase'), phase, disk: z.int().min(0).optional(), total: bytes }),
  progress: z.strictObject({
    event: z.literal('progress'),
    phase,
    disk: z.int().min(0).optional(),
    done: bytes,
    total: bytes,
  }),
  damage: z.strictObject({ event: z.literal('damage'), damage }),
  unreadable: z.strictObject({ event: z.literal('unreadable'), disk: z.int().min(0), start: bytes, end: bytes }),
  warning: z.strictObject({ event: z.literal('warning'), message: text }),
  hook: z.strictObject({
    event: z.literal('hook'),
    position: z.enum(['before', 'after']),
    program: text,
    mode: z.enum(['essential', 'optional']),
    outcome: z.enum(['done', 'failed', 'not-started', 'timeout', 'cancelled']),
    exitCode: z.int().exactOptional(),
    milliseconds: z.number().min(0),
    output: z.array(z.string()),
  }),
  notification: z.strictObject({
    event: z.literal('notification'),
    channel: text,
    reason: z.enum(['failure', 'success', 'overdue', 'test']),
    outcome: z.enum(['sent', 'failed']),
    tries: z.int().min(1),
    error: z.strictObject({ code: text, message: text }).exactOptional(),
  }),
  result: z.looseObject({
    event: z.literal('result'),
    status: text,
    exitCode: z.int().min(0).max(255),
    ...facts,
    command: text.exactOptional(),
    error: error.exactOptional(),
  }),
} satisfies Readonly<Record<RunEvent['event'], z.ZodType>>;
