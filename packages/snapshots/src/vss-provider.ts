import {
  SysimageError,
  snapshotOperation,
  type Disks,
  type DiskSource,
  type HeldVolumes,
  type MountedVolume,
  type SnapshotPiece,
  type SnapshotProvider,
} from '@sysimage/core/plugin';
import type { Ask } from './programs.js';
import { createdCopies, creationScript, partitionsIn, partitionsQuestion, waitingScript } from './vss-words.js';

/** A program that goes on while its shadow copies are read. */
export interface Conversation {
  /** All that it says on standard output, as it comes; ends when it ends. */
  readonly said: AsyncIterable<string>;
  /** Closes its standard input. */
  hangUp(): void;
  readonly ended: Promise<void>;
}

/** The Windows that this works on: there is none in this repository, so a host brings it. */
export interface VssSurroundings {
  /** Runs `powershell.exe` to its end. */
  readonly ask: Ask;
  /** Starts `diskshadow.exe`. Its input must close when this process ends, however it ends. */
  readonly start: (words: readonly string[]) => Conversation;
  /** Keeps a text in a file; resolves with its path. */
  readonly keep: (name: string, text: string) => Promise<string>;
  /** Opens `\\?\GLOBALROOT\Device\HarddiskVolumeShadowCopy7` to be read. */
  readonly disks: Pick<Disks, 'openSource'>;
}

/**
 * Shadow copies of Windows: one set for all volumes of a run, so that they are of one instant. They are volatile: they go with the program
 * that made them, and that ends when its input closes. They count as `crash` and are copied whole, because nobody has seen yet what a
 * shadow copy says of its file system.
 *
 * Unverified: made after Microsoft's documentation of `diskshadow` and `Get-Partition`, and tried with texts that look like theirs. It has never run on
 * Windows. `diskshadow` is part of Windows Server only.
 */
export function createVssProvider({ ask, start, keep, disks }: VssSurroundings): SnapshotProvider {
  async function nameOf({ disk, start: begin }: MountedVolume): Promise<string | undefined> {
    const question = partitionsQuestion(disk);
    if (question === undefined) return undefined;
    const { exitCode, output } = await ask(['powershell.exe', '-NoProfile', '-NonInteractive', '-Command', question]);
    if (exitCode !== 0) return undefined;
    return partitionsIn(output).find(({ offset }) => offset === begin)?.volume;
  }

  async function holdNamed(volumes: readonly MountedVolume[], names: readonly string[]): Promise<HeldVolumes> {
    const waiting = await keep('wait.cmd', waitingScript);
    const script = await keep('create.txt', creationScript(names, waiting));
    const sources: DiskSource[] = [];
    let conversation: Conversation | undefined;
    return {
      async take() {
        conversation = start(['diskshadow.exe', '/s', script]);
        const copies = await createdCopies(conversation.said);
        const pieces: SnapshotPiece[] = [];
        for (const [index, { disk, start: begin, size }] of volumes.entries()) {
          const device = copies.get(names[index]?.toLowerCase() ?? '');
          if (device === undefined) throw refused(`there is no shadow copy of ${names[index]}`);
          const source = await disks.openSource(device);
          sources.push(source);
          const end = begin + Math.min(size, source.size);
          pieces.push({ disk, start: begin, end, read: (offset, into) => source.read(offset - begin, into) });
        }
        return pieces;
      },
      // Nothing can be read of a shadow copy that is gone.
      assertIntact: () => undefined,
      async release() {
        for (const source of sources.splice(0)) await source.close();
        conversation?.hangUp();
        await conversation?.ended;
      },
    };
  }

  return {
    name: 'vss',
    // A volatile shadow copy goes with the program that made it.
    tidy: () => Promise.resolve(),
    async offer(volume) {
      if ((await nameOf(volume)) === undefined) return { whyNot: 'Windows has no volume there' };
      return { consistency: 'crash', how: 'read from a shadow copy' };
    },
    async hold(volumes) {
      const names: string[] = [];
      for (const volume of volumes) {
        const name = await nameOf(volume);
        if (name === undefined) throw refused(`Windows has no volume at ${volume.start} of ${volume.disk}`);
        names.push(name);
      }
      return holdNamed(volumes, names);
    },
  };
}

function refused(why: string): SysimageError {
  return new SysimageError('busy', why, { operation: snapshotOperation, retry: 'later' });
}
