export type { DiscIdentity } from './disc-identity.js';
export { layOutDisc, type DiscLayout, type PlacedFile } from './disc-layout.js';
export { largestFile, type DiscFile } from './disc-tree.js';
export { openDisc, readerOf } from './open-disc.js';
export type { FileExtent, FoundFile, OpenedDisc } from './opened-disc.js';
export { sectorSize } from './sector.js';
