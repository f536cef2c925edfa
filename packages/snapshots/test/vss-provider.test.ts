import { expect, test } from '@jest/globals';
import { SysimageError, type DiskSource, type MountedVolume, type SnapshotOptions } from '@sysimage/core/plugin';
import { createVssProvider, type VssSurroundings } from '../src/vss-provider.js';
import { creationScript, partitionsIn } from '../src/vss-words.js';

const [system, data] = ['11111111-2222-3333-4444-555555555555', '66666666-7777-8888-9999-aaaaaaaaaaaa'].map(
  (id) => `\\\\?\\Volume{${id}}\\`,
);
const mebi = 1024 * 1024;
const options: SnapshotOptions = { needed: new Set(), limit: 60_000 };

const partitions = JSON.stringify([
  { Offset: mebi, AccessPaths: ['C:\\', system] },
  { Offset: 100 * mebi, AccessPaths: [data] },
  { Offset: 200 * mebi, AccessPaths: null },
]);

function copyText(volume: string | undefined, number: number): string {
  return `
\t* Shadow copy ID = {b0000000-0000-0000-0000-00000000000${number}}\t\t%sysimage${number}%
\t\t- Shadow copy set: {c0000000-0000-0000-0000-000000000000}\t%VSS_SHADOW_SET%
\t\t- Original count of shadow copies = 2
\t\t- Original volume name: ${volume} [C:\\]
\t\t- Shadow copy device name: \\\\?\\GLOBALROOT\\Device\\HarddiskVolumeShadowCopy${number}
\t\t- Attributes:  Differential
`.replaceAll('\n', '\r\n');
}

function windows(said: readonly string[]): VssSurroundings & { readonly story: string[] } {
  const story: string[] = [];
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const hangUp = (): void => {
    story.push('hangs up');
    end();
  };
  return {
    story,
    ask: async (words) => {
      const isKnown = words.at(-1)?.includes('-DiskNumber 0 ') === true;
      return { exitCode: isKnown ? 0 : 1, output: isKnown ? partitions : '', complaint: '' };
    },
    start: (words) => {
      story.push(words.join(' '));
      const parts = async function* (): AsyncGenerator<string> {
        yield* said;
      };
      return { said: parts(), hangUp, ended };
    },
    keep: async (name) => `C:\\Temp\\${name}`,
    disks: {
      openSource: async (path): Promise<DiskSource> => {
        const number = Number(path.at(-1));
        return {
          path,
          kind: 'device',
          size: 50 * mebi,
          sectorSize: 512,
          mounts: [],
          read: async (offset, into) => void into.fill(number + offset),
          close: async () => void story.push(`closes ${number}`),
        };
      },
    },
  };
}

function volumeAt(start: number, disk = '\\\\.\\PhysicalDrive0'): MountedVolume {
  return { disk, start, size: 60 * mebi, mounts: [{ mountPoint: 'C:\\', readOnly: false }] };
}

const ready = 'sysimage reads the shadow copies\r\n';

test('all volumes are in one set, found by their names, and go when nobody listens any more', async () => {
  const machine = windows(['-> create\r\n', copyText(data, 2), copyText(system, 1), ready, 'never read']);
  const provider = createVssProvider(machine);
  expect(await provider.offer(volumeAt(mebi), options)).toMatchObject({ consistency: 'crash' });
  const held = await provider.hold([volumeAt(mebi), volumeAt(100 * mebi)], options);
  const pieces = await held.take();
  expect(pieces).toMatchObject([
    { start: mebi, end: 51 * mebi },
    { start: 100 * mebi, end: 150 * mebi },
  ]);
  const read = await Promise.all(
    pieces.map(async (piece) => {
      const into = new Uint8Array(1);
      await piece.read(piece.start + 3, into);
      return into[0];
    }),
  );
  expect(read).toEqual([1 + 3, 2 + 3]);
  await held.release();
  const script = 'diskshadow.exe /s C:\\Temp\\create.txt';
  expect(machine.story).toEqual([script, 'closes 1', 'closes 2', 'hangs up']);
});

test('what Windows does not know is not offered, and what it did not copy is an error', async () => {
  const provider = createVssProvider(windows([copyText(system, 1), ready]));
  for (const volume of [volumeAt(2 * mebi), volumeAt(mebi, '/dev/sda'), volumeAt(mebi, '\\\\.\\PhysicalDrive1')]) {
    expect(await provider.offer(volume, options)).toHaveProperty('whyNot');
    await expect(provider.hold([volume], options)).rejects.toBeInstanceOf(SysimageError);
  }
  const half = await provider.hold([volumeAt(mebi), volumeAt(100 * mebi)], options);
  await expect(half.take()).rejects.toMatchObject({ code: 'busy' });
  await half.release();
  const failed = await createVssProvider(windows(['The last operation failed.\r\n'])).hold([volumeAt(mebi)], options);
  await expect(failed.take()).rejects.toMatchObject({ code: 'busy' });
});

test('what PowerShell says is not believed', () => {
  for (const text of ['', 'null', '{}', '[{"Offset":-1,"AccessPaths":[]}]', '[{"Offset":"1","AccessPaths":[]}]']) {
    expect(partitionsIn(text)).toEqual([]);
  }
  expect(partitionsIn('[{"Offset":1,"AccessPaths":["C:\\\\","\\\\\\\\?\\\\Volume{x\\" & del *}\\\\"]}]')).toEqual([]);
});

test('the script makes one set', () => {
  const script = creationScript([system ?? '', data ?? ''], 'C:\\Temp\\wait.cmd').split('\r\n');
  expect(script.filter((line) => line.startsWith('add volume'))).toHaveLength(2);
  expect(script.filter((line) => line === 'create')).toHaveLength(1);
  expect(script.indexOf('create')).toBeLessThan(script.indexOf('exec "C:\\Temp\\wait.cmd"'));
});
