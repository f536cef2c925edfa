/**
 * The text with the insides of comments, strings and regular expressions blanked out, lines kept. What remains of a
 * template literal is its `${…}` code. A scanner and not a parser: enough to tell code from prose.
 */
export function codeOnly(text: string): string {
  let result = '';
  let rest = 0;
  /** Templates being read, each with the number of braces open in its `${…}`. */
  const templates: number[] = [];
  const blankTo = (end: number): void => {
    result += text.slice(rest, end).replaceAll(/[^\n]/gu, ' ');
    rest = end;
  };
  const keepTo = (end: number): void => {
    result += text.slice(rest, end);
    rest = end;
  };
  const templateTo = (start: number): void => {
    const end = find(text, start, /\\[^]|`|\$\{/uy, ['`', '${']);
    blankTo(end);
    if (text.startsWith('${', end)) {
      templates.push(0);
      keepTo(Math.min(end + 2, text.length));
    } else keepTo(Math.min(end + 1, text.length));
  };

  while (rest < text.length) {
    const character = text.charAt(rest);
    const open = templates.length - 1;
    if (text.startsWith('//', rest)) blankTo(endOr(text.indexOf('\n', rest), text));
    else if (text.startsWith('/*', rest)) blankTo(endOr(text.indexOf('*/', rest + 2) + 2, text, 1));
    else if (character === "'" || character === '"') {
      const end = find(text, rest + 1, /\\[^]|['"\n]/uy, [character, '\n']);
      keepTo(rest + 1);
      blankTo(end);
      keepTo(Math.min(end + 1, text.length));
    } else if (character === '`') {
      keepTo(rest + 1);
      templateTo(rest);
    } else if (character === '}' && templates[open] === 0) {
      templates.pop();
      keepTo(rest + 1);
      templateTo(rest);
    } else if (character === '/' && regularExpressionMayFollow(result)) {
      blankTo(endOfRegularExpression(text, rest));
    } else {
      if (open >= 0 && character === '{') templates[open] = (templates[open] ?? 0) + 1;
      if (open >= 0 && character === '}') templates[open] = (templates[open] ?? 0) - 1;
      keepTo(rest + 1);
    }
  }
  return result;
}

/** Offset of the first of `stops` from `start`; `tokens` says what is looked at in one step, so that escapes are passed over. */
function find(text: string, start: number, tokens: RegExp, stops: readonly string[]): number {
  for (let at = start; at < text.length;) {
    tokens.lastIndex = at;
    const token = tokens.exec(text)?.[0];
    if (token !== undefined && stops.includes(token)) return at;
    at += token?.length ?? 1;
  }
  return text.length;
}

function endOr(found: number, text: string, missing = -1): number {
  return found <= missing ? text.length : found;
}

/** After a value a slash divides; after an operator, an opening bracket or `return` it opens a regular expression. */
function regularExpressionMayFollow(before: string): boolean {
  return /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|yield|await))\s*$/u.test(before.slice(-200));
}

function endOfRegularExpression(text: string, start: number): number {
  let inClass = false;
  for (let at = start + 1; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '\\') at += 1;
    else if (character === '[') inClass = true;
    else if (character === ']') inClass = false;
    else if (character === '\n' || (character === '/' && !inClass)) return at + 1;
  }
  return text.length;
}
