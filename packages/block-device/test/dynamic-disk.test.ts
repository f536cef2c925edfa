import { expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dynamicGroup, gptDisk, type DiskBytes } from '@sysimage/fixtures';
import { isDynamic } from '../src/dynamic-disk.js';

const sectors = 65_536;
const volumes = [{ kind: 'simple', parts: [{ disk: 0, sectors: 8192 }] }] as const;

async function told({ bytes }: Pick<DiskBytes, 'bytes'>, size = bytes.length): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'dynamic-'));
  try {
    writeFileSync(join(folder, 'disk'), bytes);
    return await isDynamic(join(folder, 'disk'), { size, sectorSize: 512 });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function dynamic(scheme: 'mbr' | 'gpt'): DiskBytes {
  const [disk] = dynamicGroup({ scheme, disks: 1, sectors, volumes });
  if (disk === undefined) throw new Error('no disk');
  return disk;
}

test('LDM is told by the types in the table', async () => {
  expect(await told(dynamic('mbr'))).toBe('yes');
  expect(await told(dynamic('gpt'))).toBe('yes');
  expect(await told(gptDisk(sectors, [{ first: 2048, last: 4095 }]))).toBe('no');
  expect(await told({ bytes: new Uint8Array(1024) })).toBe('no');
});

test('a GPT is read from the copy that is whole, and is unknown when none is', async () => {
  for (const type of [dynamic('gpt'), gptDisk(sectors, [{ first: 2048, last: 4095 }])]) {
    const whole = await told(type);
    type.bytes.fill(0, 512, 1024);
    expect(await told(type)).toBe(whole);
    type.bytes.fill(0, (sectors - 1) * 512);
    expect(await told(type)).toBe('unknown');
  }
});

test('the boot code of a file system that fills the disk is no table', async () => {
  const { bytes } = dynamic('mbr');
  bytes.set(new TextEncoder().encode('NTFS    '), 3);
  // What was an entry reaches beyond the disk.
  bytes.fill(0x42, 446 + 4, 446 + 16);
  expect(await told({ bytes })).toBe('no');
});

test('what cannot be read is unknown', async () => {
  expect(await told({ bytes: new Uint8Array(100) }, 4096)).toBe('unknown');
  expect(await told({ bytes: new Uint8Array(0) })).toBe('unknown');
  expect(await isDynamic('/not/there', { size: 4096, sectorSize: 512 })).toBe('unknown');
});
