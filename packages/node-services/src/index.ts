export { createClock } from './clock.js';
export { createHasher } from './hasher.js';
export { createLog } from './log.js';
export { createMachine, type MachineOptions } from './machine.js';
export { createRandom } from './random.js';
export { runCommand, type CommandEnd, type CommandRequest } from './run-command.js';
