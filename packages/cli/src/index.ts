export { exitCodeOf, exitCodes } from './exit-code.js';
export { main, type MainOptions } from './main.js';
export type { Terminal } from './output/terminal.js';
