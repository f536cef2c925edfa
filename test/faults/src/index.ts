export { describeFault, faultKinds, parseFault, type Fault, type FaultKind } from './fault.js';
export { createFaultTarget, type FaultTarget, type FaultTargetOptions, type Medium } from './fault-target.js';
export type { Troubles } from './troubles.js';
