import { createBlockDevices } from './block-devices.js';
import type { MachineRecord } from './machine-record.js';
import type { MachineSource } from './machine-source.js';

/** What a record says of itself, as it is given. */
export interface RecordHeader {
  readonly recordedAt: Date;
  readonly tool?: string;
  readonly hostName?: string;
  readonly machineId?: string;
  /** A document of its own; see `MachineRecord`. */
  readonly planning?: object;
}

/** Writes down all that a machine shows of its disks. */
export async function recordMachine(source: MachineSource, header: RecordHeader): Promise<MachineRecord> {
  const { recordedAt, planning, ...said } = header;
  const devices = await createBlockDevices(source).all();
  const facts = await Promise.all(devices.map(({ name }) => source.device(name)));
  const dynamicDisks: MachineRecord['dynamicDisks'] = {};
  for (const { name, partition, size, sectorSize, slaves } of devices) {
    if (partition === undefined && size > 0 && slaves.length === 0)
      dynamicDisks[name] = await source.dynamic(name, { size, sectorSize });
  }
  const lsblk = await source.lsblk();
  return {
    format: 'sysimage-machine/1',
    system: 'linux',
    recordedAt: recordedAt.toISOString(),
    ...said,
    blockDevices: facts.flatMap((device) => (device === undefined ? [] : [writable(device)])),
    mountinfo: [...(await source.mountLines())],
    btrfs: (await source.btrfs()).map(({ id, devices: names }) => ({ id, devices: [...names] })),
    dynamicDisks,
    ...(lsblk === undefined ? {} : { lsblk }),
    ...(planning === undefined ? {} : { planning }),
  };
}

/** What a record says beside the facts of its disks. */
export function headerOf({ recordedAt, tool, hostName, machineId, planning }: MachineRecord): RecordHeader {
  return {
    recordedAt: new Date(recordedAt),
    ...(tool === undefined ? {} : { tool }),
    ...(hostName === undefined ? {} : { hostName }),
    ...(machineId === undefined ? {} : { machineId }),
    ...(typeof planning === 'object' && planning !== null ? { planning } : {}),
  };
}

type Facts = NonNullable<Awaited<ReturnType<MachineSource['device']>>>;

function writable({
  name,
  disk,
  attributes,
  partitions,
  slaves,
  holders,
}: Facts): MachineRecord['blockDevices'][number] {
  return {
    name,
    ...(disk === undefined ? {} : { disk }),
    attributes: { ...attributes },
    partitions: [...partitions],
    slaves: [...slaves],
    holders: [...holders],
  };
}
