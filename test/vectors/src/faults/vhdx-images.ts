import type { Draft } from '../draft.js';
import type { Fault } from '../fault.js';

const set = 'vhdx';
const kibi = 1024;
const tableAt = 3 * 1024 * kibi;
const imageOf = (draft: Draft): string => draft.name('.vhdx');

/** Flips a bit at each of these offsets. */
function flips(name: string, what: string, outcomes: Fault['outcomes'], ...offsets: readonly number[]): Fault {
  const plant = (draft: Draft): void => offsets.forEach((at) => draft.flip(imageOf(draft), at));
  return { name: `vhdx-${name}`, set, what, plant, outcomes };
}

/** Changes the table entry of the first block. */
function entry(name: string, what: string, value: bigint): Fault {
  const plant = (draft: Draft): void => draft.view(imageOf(draft)).setBigUint64(tableAt, value, true);
  return { name: `vhdx-table-${name}`, set, what, plant, outcomes: 'corrupt' };
}

/**
 * Faults of VHDXs. A reader that computes where everything lies, as the page says, needs neither headers nor regions nor metadata; one
 * that reads any VHDX refuses what is broken there.
 */
export const vhdxFaults: readonly Fault[] = [
  flips('magic', 'the file does not say that it is a VHDX', 'corrupt', 0),
  flips('one-header', 'the newer header does not have its checksum', 'restores', 128 * kibi + 20),
  flips('both-headers', 'no header has its checksum', 'either', 64 * kibi + 20, 128 * kibi + 20),
  flips('one-region-table', 'the first region table does not have its checksum', 'restores', 192 * kibi + 20),
  flips('both-region-tables', 'no region table has its checksum', 'either', 192 * kibi + 20, 256 * kibi + 20),
  flips('metadata', 'the metadata table does not say that it is one', 'either', 2048 * kibi),
  flips('grain', 'one bit of a grain that all versions share is another', 'corrupt', 4096 * kibi + 16 * 65_536 + 9),
  entry('state', 'a block in a state that does not exist', (4n << 20n) | 5n),
  entry('absent', 'a block with data has no place', 0n),
  entry('far', 'a block lies behind the end of the file', ((2n ** 30n) << 20n) | 6n),
  entry('over-metadata', 'a block lies over the metadata', (2n << 20n) | 6n),
];
