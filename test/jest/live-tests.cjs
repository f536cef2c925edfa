// tsc never deletes output, so a removed or renamed test would live on in dist. Keep only tests that still have a source.
const { existsSync } = require('node:fs');
const { sep } = require('node:path');

const source = (path) => path.replace(`${sep}dist${sep}`, sep).replace(/\.js$/u, '.ts');

module.exports = (paths) => ({ filtered: paths.filter((path) => existsSync(source(path))) });
