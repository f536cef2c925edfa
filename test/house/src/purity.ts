import { codeOnly } from './code-only.js';
import { importsOf, roomsOf } from './rooms.js';
import { matchingLines, type Rule } from './tree.js';

/** What core may use from outside. Layer 0 uses nothing. */
const allowedOutside: ReadonlyMap<number, readonly string[]> = new Map([
  [0, []],
  [1, ['zod']],
]);

const impurities: readonly (readonly [RegExp, string])[] = [
  [/\bprocess\b\s*[.[]/u, 'knows the process'],
  [/\bDate\.now\b|\bnew Date\(\s*\)|\bDate\(\s*\)|\bperformance\.now\b/u, 'reads the clock'],
  [/\bMath\.random\b|\bcrypto\.(?:getRandomValues|randomUUID)\b/u, 'draws random numbers'],
  [/\bconsole\b\s*\./u, 'prints'],
  [/\bBuffer\b|\brequire\(|\b__dirname\b/u, 'knows Node'],
  [/\bimport\.meta\b/u, 'knows where it is stored'],
];

/** Formats and core are pure: no Node, no container, no clock, no random numbers, nobody's console. */
export const purity: Rule = (tree) =>
  roomsOf(tree).flatMap((room) => {
    const allowed = typeof room.layer === 'number' ? allowedOutside.get(room.layer) : undefined;
    if (allowed === undefined) return [];
    const imports = importsOf(tree, room)
      .filter(({ specifier }) => !/^(?:\.|@sysimage\/)/u.test(specifier) && !allowed.includes(specifier))
      .map(({ path, line, specifier }) => `${path}:${line}: imports ${specifier}: layer ${room.layer} is pure`);
    const sources = [...tree].filter(([path]) => path.startsWith(`${room.folder}/src/`));
    const uses = sources.flatMap(([path, text]) =>
      impurities.flatMap(([pattern, what]) => matchingLines(path, codeOnly(text), pattern, what)),
    );
    return [...imports, ...uses];
  });
