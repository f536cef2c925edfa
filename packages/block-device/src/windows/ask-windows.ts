import { execFile } from 'node:child_process';
import { win32 } from 'node:path';
import { promisify } from 'node:util';
import { SysimageError } from '@sysimage/core/plugin';

const storage = 'root/Microsoft/Windows/Storage';
const system = 'root/cimv2';
/** What is asked of each class, by its name in the answer. The last two may be missing: without them less is known. */
const classes = {
  disks: {
    space: storage,
    name: 'MSFT_Disk',
    facts:
      'Number,Manufacturer,Model,SerialNumber,UniqueId,UniqueIdFormat,Size,LogicalSectorSize,PhysicalSectorSize,BusType,PartitionStyle,Signature,Guid,Location,IsReadOnly',
  },
  partitions: {
    space: storage,
    name: 'MSFT_Partition',
    facts: 'DiskNumber,PartitionNumber,Offset,Size,MbrType,GptType,Guid,AccessPaths,IsReadOnly',
  },
  volumes: { space: storage, name: 'MSFT_Volume', facts: 'Path,FileSystem,FileSystemLabel,DriveType' },
  letters: { space: system, name: 'Win32_LogicalDisk', facts: 'DeviceID,DriveType,ProviderName' },
  physicalDisks: { space: storage, name: 'MSFT_PhysicalDisk', facts: 'DeviceId,MediaType' },
  drives: { space: system, name: 'Win32_DiskDrive', facts: 'Index,MediaType,SerialNumber' },
} as const;
const optional: readonly string[] = ['physicalDisks', 'drives'];

/** Milliseconds: PowerShell itself takes seconds to start, and disks that sleep are woken. */
const timeout = 60_000;
const longest = 16 * 2 ** 20;

/** One script for all that is asked. It has no double quotes, which would not come through a command line. */
export function windowsQuestion(): string {
  const asked = Object.entries(classes).map(([key, { space, name, facts }]) => {
    const onFailure = optional.includes(key) ? 'SilentlyContinue' : 'Stop';
    return `${key} = @(Get-CimInstance -Namespace ${space} -ClassName ${name} -ErrorAction ${onFailure} | Select-Object ${facts})`;
  });
  return [
    "$ErrorActionPreference = 'Stop'",
    '[Console]::OutputEncoding = [Text.Encoding]::UTF8',
    `ConvertTo-Json -Depth 4 -Compress -InputObject @{ ${asked.join('; ')} }`,
  ].join('; ');
}

/** Asks the Windows that this process runs on. Errors: `unavailable`. */
export async function askWindows(): Promise<string> {
  const { SystemRoot: root = String.raw`C:\Windows` } = process.env;
  // Not by the path: whoever can put a program there would be run.
  const program = win32.join(root, String.raw`System32\WindowsPowerShell\v1.0\powershell.exe`);
  const words = ['-NoProfile', '-NonInteractive', '-Command', windowsQuestion()];
  try {
    const options = { timeout, maxBuffer: longest, windowsHide: true, encoding: 'utf8' } as const;
    return (await promisify(execFile)(program, words, options)).stdout;
  } catch (error) {
    throw new SysimageError('unavailable', 'Windows does not tell of its disks', {
      operation: 'inventory',
      remedy: 'Windows 8 or later is needed, and rights to ask about storage: try as administrator.',
      cause: error,
    });
  }
}
