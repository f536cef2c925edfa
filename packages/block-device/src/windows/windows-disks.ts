import { realpath } from 'node:fs/promises';
import { win32 } from 'node:path';
import { isSysimageError, SysimageError, type DisksBelow } from '@sysimage/core/plugin';
import { createDisks, type MachineDisks } from '../disks.js';
import { errnoOf } from '../system-errors.js';
import { askWindows } from './ask-windows.js';
import { createWindowsBelow } from './windows-below.js';
import { parseWindowsFacts, type WindowsFacts } from './windows-facts.js';
import { windowsInventory } from './windows-inventory.js';

/** The Windows that this works on. */
export interface WindowsSurroundings {
  /** Asks `windowsQuestion()`, and gives the answer as JSON. Default: PowerShell of this machine. */
  readonly ask: () => Promise<string>;
  /** The same path without links. Rejects with `ENOENT` for what is not there. */
  readonly realPath: (path: string) => Promise<string>;
  /** Opens image files. */
  readonly files: Pick<MachineDisks, 'openSource' | 'openDestination'>;
}

/**
 * The disks of a Windows, as CIM tells of them. Image files can be opened; disks cannot yet, and a Windows is not recorded.
 *
 * Unverified: made after Microsoft's documentation of its storage classes, and tried with answers that look like theirs. It has never run
 * on Windows.
 */
export function createWindowsDisks(options: Partial<WindowsSurroundings> = {}): MachineDisks {
  const { ask = askWindows, realPath = realpath, files = createDisks() } = options;
  let asking: Promise<WindowsFacts> | undefined;
  /** Whoever asks meanwhile gets the same answer; whoever asks later, a new one. */
  const facts = (): Promise<WindowsFacts> => {
    asking ??= ask()
      .then(parseWindowsFacts)
      .finally(() => (asking = undefined));
    return asking;
  };

  async function disksBelow(path: string): Promise<DisksBelow> {
    if (!isShare(path) && !win32.isAbsolute(path)) return disksBelow(win32.resolve(path));
    try {
      const below = createWindowsBelow(await facts());
      return below.belowPath(await placeOf(path, realPath));
    } catch (error) {
      if (isSysimageError(error, 'unavailable')) return { known: false, why: error.message };
      throw error;
    }
  }

  async function physicalFacts(path: string): Promise<object> {
    const below = await disksBelow(path);
    return below.known
      ? { physicalDisks: below.disks, physicalDisksUnknown: undefined }
      : { physicalDisks: undefined, physicalDisksUnknown: below.why };
  }

  return {
    async list() {
      const known = await facts();
      const below = createWindowsBelow(known);
      return windowsInventory(known, (number) => below.belowDisk(number));
    },
    disksBelow,
    async openSource(path) {
      assertFile(path);
      return { ...(await files.openSource(path)), ...(await physicalFacts(path)) };
    },
    async openDestination(path, size) {
      assertFile(path);
      return { ...(await files.openDestination(path, size)), ...(await physicalFacts(path)) };
    },
    record: () =>
      Promise.reject(
        new SysimageError('unsupported', 'a Windows cannot be recorded yet', { operation: 'machine record' }),
      ),
  };
}

function isShare(path: string): boolean {
  return path.startsWith('\\\\');
}

/** Without links, of what is not there yet where it would be made. Names of shares, volumes and disks have none. */
async function placeOf(path: string, realPath: WindowsSurroundings['realPath']): Promise<string> {
  if (isShare(path)) return path;
  for (let place = win32.resolve(path); ; place = win32.dirname(place)) {
    try {
      return await realPath(place);
    } catch (error) {
      // A drive letter that nobody has, or that may not be looked at, is told of by the facts.
      if (errnoOf(error) !== 'ENOENT' || win32.dirname(place) === place) return place;
    }
  }
}

function assertFile(path: string): void {
  if (!/^\\\\[.?]\\(?![a-z]:|UNC\\)/iu.test(path)) return;
  throw new SysimageError('unsupported', `${path} is a disk of Windows, and these cannot be opened yet`, {
    operation: 'open',
    context: { path },
    remedy: 'Start a Linux on this machine to back its disks up or restore them.',
  });
}
