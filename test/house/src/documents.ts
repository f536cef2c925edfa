import { roomsOf } from './rooms.js';
import { type Rule } from './tree.js';

/** Every room says what it knows and what it must not know. */
export const everyRoomHasReadme: Rule = (tree) =>
  roomsOf(tree)
    .filter(({ folder }) => (tree.get(`${folder}/README.md`) ?? '').trim() === '')
    .map(({ folder }) => `${folder}: has no README.md`);

const dependencyTable = 'docs/dependencies.md';

/** Whatever users install with us has a line that says why. */
export const everyDependencyIsExplained: Rule = (tree) => {
  const rows = (tree.get(dependencyTable) ?? '').split('\n').filter((line) => line.trimStart().startsWith('|'));
  // First column, with or without a link or code quotes around the name.
  const explained = new Set(rows.map((row) => (row.split('|')[1] ?? '').replaceAll(/[`[\]]|\(.*?\)/gu, '').trim()));
  return roomsOf(tree)
    .filter(({ layer }) => typeof layer === 'number')
    .flatMap(({ folder, dependencies }) =>
      dependencies
        .filter((name) => !name.startsWith('@sysimage/') && !explained.has(name))
        .map((name) => `${folder}/package.json: ${name} has no line in ${dependencyTable}`),
    );
};
