import { z } from 'zod';
import { catalogFactsSchema } from './catalog-facts.js';
import { physicalDiskSchema } from './disk-facts.js';

const size = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
const text = z.string().max(4096);

/** What plugins say beside that is theirs. */
export const traitsSchema = z.object({
  identity: text,
  location: text,
  medium: z.enum(['disk', 'share', 'optical', 'object-store', 'memory']),
  physicalDisks: z.array(physicalDiskSchema).max(4096).exactOptional(),
  physicalDisksUnknown: text.exactOptional(),
  fileSystemsBelow: z
    .array(
      z.strictObject({
        id: text,
        type: text,
        mountPoint: text,
        keeper: z.enum(['machine', 'memory', 'server', 'unknown']),
      }),
    )
    .max(4096)
    .exactOptional(),
  fileSystem: text.exactOptional(),
  volume: z
    .strictObject({
      label: text.exactOptional(),
      clusterSize: size.exactOptional(),
      state: z.enum(['clean', 'unclean', 'unknown']),
      stateReason: text.exactOptional(),
      compressed: z.boolean().exactOptional(),
      sparse: z.boolean().exactOptional(),
    })
    .exactOptional(),
  writeOnce: z.boolean(),
  removable: z.boolean().exactOptional(),
  singleVersion: z.boolean(),
  maxObjectSize: size.exactOptional(),
  transport: z.enum(['local', 'plain', 'signed', 'encrypted']),
});

/** What a target keeps of a computer, and what this machine knows of that. */
export const computerFactsSchema = catalogFactsSchema.extend({
  /** As it was asked for. */
  name: text,
  /** When one of its versions was last read back and found whole, ISO 8601; absent when this machine knows of none. */
  verifiedAt: z.iso.datetime().optional(),
});
export type ComputerFacts = z.infer<typeof computerFactsSchema>;

/** What a target told when it was opened. */
export const targetFactsSchema = z.strictObject({
  traits: traitsSchema,
  /** Those that are effective. */
  facets: z.array(z.enum(['random', 'batch', 'history', 'capacity', 'lease', 'media', 'retention'])),
  /** Bytes; absent where the place does not tell. */
  free: size.optional(),
  total: size.optional(),
  computers: z.array(computerFactsSchema).max(4096),
});
export type TargetFacts = z.infer<typeof targetFactsSchema>;
