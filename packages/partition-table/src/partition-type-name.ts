import { discoverableTypeNames } from './discoverable-type-names.js';
import { gptTypeNames } from './gpt-type-names.js';
import { mbrTypeNames } from './mbr-type-names.js';

/** The usual name of a partition type, given as in `Partition.type`. */
export function partitionTypeName(type: string): string | undefined {
  return mbrTypeNames.get(type) ?? gptTypeNames.get(type) ?? discoverableTypeNames.get(type);
}
