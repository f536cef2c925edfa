export { codeOnly } from './code-only.js';
export { importsOf, roomsOf, type Import, type Room } from './rooms.js';
export { rules } from './rules.js';
export { shortFiles } from './sizes.js';
export { readTree, withFiles, type Rule, type Tree } from './tree.js';
