import { expect, test } from '@jest/globals';
import { isSysimageError } from '@sysimage/core';
import fc from 'fast-check';
import { createWindowsDisks, disksOfThisMachine, type MachineDisks } from '../src/index.js';
import { windowsQuestion } from '../src/windows/ask-windows.js';
import { answer, volume } from './windows-answers.js';

const notThere = (): Error => Object.assign(new Error('ENOENT'), { code: 'ENOENT' });
/** Folders that are links; everything else is not there yet. */
const links = new Map([
  ['C:\\Users\\anna\\link', 'D:\\images'],
  ['C:\\Data', 'C:\\Data'],
  ['C:\\', 'C:\\'],
  ['D:\\', 'D:\\'],
]);

function disksOf(said: unknown): MachineDisks {
  const refuse = (): Promise<never> => Promise.reject(new Error('is not opened'));
  return createWindowsDisks({
    ask: async () => (typeof said === 'string' ? said : JSON.stringify(said)),
    realPath: async (path) => links.get(path) ?? Promise.reject(notThere()),
    files: { openSource: refuse, openDestination: refuse },
  });
}

test('all disks, in their order, with what the system tells of hardware, tables and volumes', async () => {
  const list = await disksOf(answer).list();
  const own = (number: number, dynamic = 'no'): object => {
    return { physicalDisks: [{ id: `windows:${number}`, name: `\\\\.\\PhysicalDrive${number}`, dynamic }] };
  };
  expect(list.map(({ path }) => path)).toEqual([0, 1, 2, 3, 4, 5, 6].map((n) => `\\\\.\\PhysicalDrive${n}`));
  expect(list[0]).toEqual({
    path: '\\\\.\\PhysicalDrive0',
    size: 64 * 2 ** 30,
    sectorSize: 512,
    physicalSectorSize: 4096,
    vendor: 'NVMe',
    model: 'Fast disk',
    serial: '0025_3881.',
    transport: 'nvme',
    removable: false,
    rotational: false,
    readOnly: false,
    table: { scheme: 'gpt', id: 'aaaaaaaa-0000-4000-8000-000000000001' },
    ...own(0),
    volumes: [
      {
        path: volume.system.slice(0, -1),
        partition: 1,
        start: 2 ** 20,
        size: 2 ** 30,
        fileSystem: 'vfat',
        type: 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B',
        partitionId: 'aaaaaaaa-0000-4000-8000-000000000002',
        mounts: [],
        above: [],
      },
      {
        path: '\\\\.\\Harddisk0Partition2',
        partition: 2,
        start: 101 * 2 ** 20,
        size: 2 ** 30,
        type: 'E3C9E316-0B5C-4DB8-817D-F92DF00215AE',
        mounts: [],
        above: [],
      },
      {
        path: volume.windows.slice(0, -1),
        partition: 3,
        start: 129 * 2 ** 20,
        size: 60 * 2 ** 30,
        fileSystem: 'ntfs',
        label: 'Windows',
        type: 'EBD0A0A2-B9E5-4433-87C0-68B6B72699C7',
        partitionId: 'aaaaaaaa-0000-4000-8000-000000000003',
        mounts: [{ mountPoint: 'C:\\', readOnly: false, fileSystem: `file-system:${volume.windows.toLowerCase()}` }],
        above: [],
      },
    ],
  });
  const image = { physicalDisks: [{ id: 'windows:1' }], backingFile: 'D:\\images\\a.vhdx', readOnly: true };
  expect(list.slice(1)).toMatchObject([
    {
      serial: 'WD-1',
      wwn: '50014EE',
      rotational: true,
      volumes: [{ mounts: [{ mountPoint: 'C:\\Data' }, {}] }],
      ...own(1),
    },
    {
      removable: true,
      serial: 'STICK-1',
      transport: 'usb',
      table: { scheme: 'mbr', id: '0badcafe' },
      volumes: [{ type: '0C', fileSystem: 'exfat' }],
    },
    { table: { scheme: 'mbr', id: '00000077' }, volumes: [{ type: '42' }], ...own(3, 'yes') },
    { transport: 'spaces', physicalDisksUnknown: expect.stringContaining('storage space') },
    image,
    { volumes: [{ partition: 0, start: 0, size: 64 * 2 ** 30 }], ...own(6) },
  ]);
  expect(list[6]).not.toHaveProperty('table');
  // What Windows does not say of the physical disk is not known.
  expect(list[2]).not.toHaveProperty('rotational');
});

test.each([
  ['C:\\Users\\anna', [0], ['ntfs']],
  ['c:/users', [0], ['ntfs']],
  ['C:\\Data\\deep\\er', [1], ['refs']],
  ['C:\\Database', [0], ['ntfs']],
  ['D:\\', [1], ['refs']],
  ['C:\\Users\\anna\\link\\new', [1], ['refs']],
  ['\\\\?\\F:\\x', [2], ['exfat']],
  [`${volume.stick}folder`, [2], ['exfat']],
  ['\\\\.\\PhysicalDrive3', [3], undefined],
  ['V:\\', [1], ['ntfs', 'refs']],
  ['R:\\', [], ['unknown']],
] as const)('below %s', async (path, numbers, types) => {
  const below = await disksOf(answer).disksBelow(path);
  expect(below.known ? below.disks.map(({ id }) => id) : below.why).toEqual(numbers.map((n) => `windows:${n}`));
  expect(below.fileSystems?.map(({ type }) => type)).toEqual(types);
});

test.each([
  ['Z:\\pc', 'server', /Z:\\ is a share: .*\\\\nas\\backups/u],
  ['\\\\nas\\backups\\pc', 'server', /\\\\nas\\backups is a share/u],
  ['\\\\?\\UNC\\nas\\backups\\pc', 'server', /\\\\nas\\backups is a share/u],
  ['S:\\', 'machine', /storage space/u],
  ['E:\\', 'unknown', /E:\\ is no partition/u],
  ['G:\\', 'unknown', /drive for discs/u],
  ['Q:\\x', undefined, /no volume for Q:\\/u],
  ['\\\\.\\PhysicalDrive9', undefined, /no disk .*PhysicalDrive9/u],
  ['\\\\?\\GLOBALROOT\\Device\\x', undefined, /no volume/u],
] as const)('what lies below %s nobody knows', async (path, keeper, why) => {
  const below = await disksOf(answer).disksBelow(path);
  expect(below).toMatchObject({ known: false, why: expect.stringMatching(why) });
  expect(below.fileSystems?.[0]?.keeper).toBe(keeper);
});

test('a share is one file system, however it is reached', async () => {
  const [letter, name] = await Promise.all(
    ['Z:\\', '\\\\NAS\\Backups\\x'].map((path) => disksOf(answer).disksBelow(path)),
  );
  expect(letter?.fileSystems?.[0]?.id).toBe(name?.fileSystems?.[0]?.id);
});

test('disks that are files of each other are given up', async () => {
  const [, first] = answer.disks;
  const circle = { ...answer, disks: [{ ...first, Number: 1, BusType: 15, Location: 'D:\\a.vhdx' }] };
  expect(await disksOf(circle).disksBelow('D:\\')).toMatchObject({ known: false, why: /more than 16/u });
  const nameless = { ...answer, disks: [{ ...first, Number: 1, BusType: 15, Location: 'PCI slot 3' }] };
  expect(await disksOf(nameless).disksBelow('D:\\')).toMatchObject({ known: false, why: /does not name/u });
});

test.each([
  ['nothing', '', /not JSON/u],
  ['another document', '{"a":1}', /disks/u],
  ['a size that is no number', { ...answer, disks: [{ Number: 0, Size: '1' }] }, /disks\.0\.Size/u],
  [
    'a size beyond all numbers',
    JSON.stringify(answer).replace('68719476736', '18446744073709551615'),
    /disks\.0\.Size/u,
  ],
  [
    'a negative offset',
    { ...answer, partitions: [{ DiskNumber: 0, PartitionNumber: 1, Offset: -1, Size: 1 }] },
    /Offset/u,
  ],
  ['too many', { ...answer, volumes: Array.from({ length: 16_385 }, () => ({})) }, /volumes/u],
  ['a long text', { ...answer, letters: [{ DeviceID: 'C'.repeat(5000) }] }, /letters\.0\.DeviceID/u],
  ['more than anybody says', ' '.repeat(16 * 2 ** 20 + 1), /longer than/u],
])('%s is no answer', async (_, said, message) => {
  const disks = disksOf(said);
  await expect(disks.list()).rejects.toMatchObject({ code: 'unavailable', message: expect.stringMatching(message) });
  expect(await disks.disksBelow('C:\\')).toMatchObject({ known: false, why: expect.stringMatching(message) });
});

test('whatever is said, an inventory or a refusal comes out', async () => {
  const odd = fc.oneof(fc.jsonValue(), fc.constantFrom(null, [], {}, -1, 1e300, '\\\\?\\Volume{', { value: [1] }));
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...Object.keys(answer)),
      fc.nat(8),
      fc.string(),
      odd,
      async (key, index, name, value) => {
        const broken: unknown = JSON.parse(JSON.stringify(answer), (found, each: unknown) =>
          found === String(index) || found === name || (found === key && index === 8) ? value : each,
        );
        try {
          const disks = disksOf(broken);
          await disks.list();
          await disks.disksBelow('V:\\x');
        } catch (error) {
          if (!isSysimageError(error, 'unavailable')) throw error;
        }
      },
    ),
    { seed: 1, numRuns: 300 },
  );
});

test('who asks at once shares an answer; who asks later gets a new one', async () => {
  let asked = 0;
  const disks = createWindowsDisks({ ask: async () => JSON.stringify({ ...answer, x: (asked += 1) }) });
  await Promise.all([disks.list(), disks.disksBelow('\\\\.\\PhysicalDrive0')]);
  expect(asked).toBe(1);
  await disks.list();
  expect(asked).toBe(2);
});

test('disks are not opened, and the machine is not recorded', async () => {
  const disks = disksOf(answer);
  const unsupported = { code: 'unsupported' };
  await expect(disks.openSource('\\\\.\\PhysicalDrive0')).rejects.toMatchObject(unsupported);
  await expect(disks.openDestination('\\\\?\\GLOBALROOT\\Device\\x', 1)).rejects.toMatchObject(unsupported);
  await expect(disks.openSource('\\\\?\\C:\\disk.img')).rejects.toThrow('is not opened');
  await expect(disks.record({ recordedAt: new Date(0) })).rejects.toMatchObject(unsupported);
});

test('a machine has the disks of its system', async () => {
  await expect(disksOfThisMachine('win32').list()).rejects.toMatchObject({ code: 'unavailable' });
  expect(Array.isArray(await disksOfThisMachine('linux').list())).toBe(true);
});

test('an image file lies on the disks below its path', async () => {
  const source = {
    path: 'D:\\a.img',
    kind: 'file',
    size: 1,
    sectorSize: 512,
    mounts: [],
    physicalDisksUnknown: 'x',
  } as const;
  const rest = { read: async () => undefined, close: async () => undefined };
  const disks = createWindowsDisks({
    ask: async () => JSON.stringify(answer),
    realPath: async (path) => path,
    files: { openSource: async () => ({ ...source, ...rest }), openDestination: () => Promise.reject(notThere()) },
  });
  const opened = await disks.openSource('D:\\a.img');
  expect(opened).toMatchObject({ size: 1, physicalDisks: [{ id: 'windows:1' }] });
  expect(opened.physicalDisksUnknown).toBeUndefined();
});

test('the question comes through a command line, and nothing of it writes', () => {
  const question = windowsQuestion();
  expect(question).not.toMatch(/["\n]/u);
  const verbs = question.match(/[A-Z]\w+-[A-Z]\w+/gu);
  expect(new Set(verbs)).toEqual(new Set(['Get-CimInstance', 'Select-Object', 'ConvertTo-Json']));
});
