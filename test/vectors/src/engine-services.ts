import { SysimageError, type Disks, type EngineServices } from '@sysimage/core';
import { createHasher } from '@sysimage/node-services';

/** Services whose clock and random numbers say the same each time, and disks in memory, by path. */
export function engineServices(disks: Map<string, Uint8Array>, sectorSize: number): EngineServices {
  let now = Date.UTC(2026, 0, 1);
  let seed = 1;
  return {
    clock: {
      now: () => new Date((now += 1)),
      elapsed: () => (now += 1),
      after: () => () => undefined,
      sleep: (milliseconds) => {
        now += milliseconds;
        return Promise.resolve();
      },
    },
    random: {
      bytes: (length) => Uint8Array.from({ length }, () => (seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff) >> 16),
    },
    log: { write: () => undefined },
    hasher: createHasher(),
    machine: {
      hostName: 'vectors',
      machineId: '0123456789abcdef',
      holder: (token) => Promise.resolve({ token, program: 'vectors', host: 'vectors' }),
      fateOf: () => Promise.resolve('gone'),
    },
    disks: memoryDisks(disks, sectorSize),
  };
}

function memoryDisks(disks: Map<string, Uint8Array>, sectorSize: number): Disks {
  const common = (path: string, bytes: Uint8Array) => ({
    path,
    kind: 'file' as const,
    size: bytes.length,
    sectorSize,
    mounts: [],
    read: async (offset: number, into: Uint8Array) => into.set(bytes.subarray(offset, offset + into.length)),
  });
  return {
    list: () => Promise.resolve([]),
    openSource: async (path) => {
      const bytes = disks.get(path);
      if (bytes === undefined) throw new SysimageError('not-found', `there is no disk ${path}`);
      return { ...common(path, bytes), physicalDisks: [], close: () => Promise.resolve() };
    },
    openDestination: async (path, size) => {
      const bytes = new Uint8Array(size);
      disks.set(path, bytes);
      return {
        ...common(path, bytes),
        fresh: true,
        write: async (offset, data) => bytes.set(data, offset),
        flush: () => Promise.resolve(),
        forget: () => Promise.resolve(),
        close: () => Promise.resolve(),
      };
    },
  };
}
