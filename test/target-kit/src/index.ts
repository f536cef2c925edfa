export {
  conformance,
  kitCases,
  type CaseOutcome,
  type Conformance,
  type KitCase,
  type KitSetup,
  type Place,
  type SkippedCase,
} from './kit.js';
export { runKit, type FailedCase, type KitReport, type RunOptions } from './run-kit.js';
export { openScratch, removeBelow, type Scratch, type ScratchOptions } from './scratch.js';
