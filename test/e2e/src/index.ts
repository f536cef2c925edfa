export { badLuck, flakyTarget, type Luck } from './flaky-target.js';
export { fuzzTarget } from './fuzz-target.js';
export { LentFiles } from './lent-files.js';
export { MemoryDisks } from './memory-disks.js';
export { firstBlockOf, scatter } from './moving-data.js';
export { ToyDisk } from './toy-disk.js';
export { Workbench } from './workbench.js';
export { flowNamed, flows, type Flow } from './flows.js';
export { patchCore, type CorePatch } from './patched-core.js';
export { wrongProtocols, type WrongProtocol } from './wrong-protocols.js';
export { World, type WorldOptions } from './world.js';
export { fuzzFlows, parseTrial, repeat, sweepFlow, sweepFlows, type SweepOptions, type Trial } from './sweep-flow.js';
export { attemptHere, runHere, succeedHere, sysimageHere, type Said } from './in-process.js';
export { powerCutsOnNtfs, type NtfsPowerCuts } from './power-cuts-on-ntfs.js';
export { PassingClock } from './passing-clock.js';
export { startSysimage, succeed, sysimage, type Ended, type Running } from './command.js';
export { at, eventsIn, listAt, numberAt, textAt } from './json.js';
export {
  assertSound,
  freeTheTrap,
  readTrees,
  settle,
  settleSmall,
  springTheTrap,
  type Life,
  type Trees,
} from './lived-in-disk.js';
export {
  mountAgain,
  mountExt4,
  mountNew,
  mountTmpfs,
  unmount,
  withMount,
  withReadOnlyView,
  writeInPlace,
} from './places.js';
export {
  assertNothingInvented,
  changedGrains,
  compareWhereWritten,
  grain,
  paint,
  reusedGrains,
  usedBytes,
} from './raw-copies.js';
export { tamper, tamperings, type Tampering } from './tampering.js';
export { lookAt, type TargetState } from './target-state.js';
export { applyChange, demoDisk, unpackDisk } from './demo-disk.js';
export { startPlaces, type Places } from './every-place.js';
export { startWriter, type Writer } from './writer.js';
export { layeredShelf } from './layered-shelf.js';
export { killedChain, type KilledChainOptions } from './killed-chain.js';
export { crowdedPlace, type CrowdedPlace } from './crowded-place.js';
export { walk, type WalkCounts, type WalkOptions } from './walk.js';
export { mainJob, type JobOutcome } from './main-job.js';
export { installProduct } from './installed-product.js';
export { installThirdParty } from './third-party.js';
export { recordedDesk, type RecordedDesk } from './recorded-desk.js';
export type { RuleCase } from './rule-case.js';
export { sourceRuleCases } from './source-rule-cases.js';
export { targetRuleCases } from './target-rule-cases.js';
export { planTellingRule } from './plan-telling-rule.js';
