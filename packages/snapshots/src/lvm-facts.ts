import { z } from 'zod';
import type { Ask } from './programs.js';

const bytes = z
  .string()
  .regex(/^\d{1,16}$/u)
  .transform(Number);

const logicalVolumeSchema = z.object({
  vg_name: z.string(),
  lv_name: z.string(),
  vg_uuid: z.string(),
  lv_uuid: z.string(),
  lv_size: bytes,
  vg_free: bytes,
  vg_extent_size: bytes,
  lv_tags: z.string(),
  pool_lv: z.string(),
  data_percent: z.string(),
});
const physicalVolumeSchema = z.object({
  pv_name: z.string(),
  pe_start: bytes,
  pv_pe_count: bytes,
  vg_extent_size: bytes,
});

/** Sizes are bytes. */
export type LogicalVolume = z.infer<typeof logicalVolumeSchema>;
export type PhysicalVolume = z.infer<typeof physicalVolumeSchema>;

const reportOf = <T extends z.ZodType>(kind: 'lv' | 'pv', row: T) =>
  z.object({ report: z.array(z.object({ [kind]: z.array(row) }).transform((each) => each[kind] ?? [])) });

/** All logical volumes that the machine knows; none when LVM cannot tell. */
export async function logicalVolumes(ask: Ask): Promise<readonly LogicalVolume[]> {
  const fields = Object.keys(logicalVolumeSchema.shape);
  const text = await told(ask, 'lvs', fields);
  const parsed = reportOf('lv', logicalVolumeSchema).safeParse(text);
  return parsed.success ? parsed.data.report.flat() : [];
}

/** All physical volumes of volume groups. */
export async function physicalVolumes(ask: Ask): Promise<readonly PhysicalVolume[]> {
  const fields = Object.keys(physicalVolumeSchema.shape);
  const parsed = reportOf('pv', physicalVolumeSchema).safeParse(await told(ask, 'pvs', fields));
  return parsed.success ? parsed.data.report.flat() : [];
}

async function told(ask: Ask, command: 'lvs' | 'pvs', fields: readonly string[]): Promise<unknown> {
  const form = ['--reportformat', 'json', '--units', 'b', '--nosuffix', '--options', fields.join(',')];
  const { exitCode, output } = await ask(['lvm', command, ...form]);
  try {
    return exitCode === 0 ? JSON.parse(output) : undefined;
  } catch {
    return undefined;
  }
}

/** A run of a logical volume that lies as a whole on one device. */
export interface LinearSegment {
  /** Bytes from the start of the logical volume. */
  readonly at: number;
  readonly length: number;
  /** Number of the device, `major:minor`, and where on it, bytes. */
  readonly device: string;
  readonly offset: number;
}

const sector = 512;

/** What `dmsetup table` says of a device: its segments when all are linear, or that it is thin. Anything else is `undefined`. */
export function parseTable(text: string): readonly LinearSegment[] | 'thin' | undefined {
  const lines = text.trim().split('\n');
  if (lines.length === 1 && /^0 \d+ thin \d+:\d+ \d+$/u.test(lines[0] ?? '')) return 'thin';
  const segments: LinearSegment[] = [];
  let next = 0;
  for (const line of lines) {
    const [, at, length, device = '', offset] = /^(\d{1,13}) (\d{1,13}) linear (\d+:\d+) (\d{1,13})$/u.exec(line) ?? [];
    if (at === undefined || length === undefined || offset === undefined || Number(at) !== next) return undefined;
    next += Number(length);
    segments.push({
      at: Number(at) * sector,
      length: Number(length) * sector,
      device,
      offset: Number(offset) * sector,
    });
  }
  return segments;
}
