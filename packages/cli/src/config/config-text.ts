import { isMap, isNode, isScalar, LineCounter, parseDocument, type Document } from 'yaml';

export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A path in the data: `['targets', 'nas', 'host']`. */
export type DataPath = readonly PropertyKey[];

/** The text of a configuration, with the place of every value in it. */
export class ConfigText {
  readonly #document: Document;
  readonly #lines = new LineCounter();

  constructor(text: string) {
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false });
  }

  /** What is wrong with the text itself. */
  get errors(): readonly { readonly position: Position; readonly message: string }[] {
    return this.#document.errors.map(({ pos, message }) => ({ position: this.#positionOf(pos[0]), message }));
  }

  /** Throws when aliases would make far more of it than is written. */
  toData(): unknown {
    const data: unknown = this.#document.toJS();
    return data ?? {};
  }

  valueAt(path: DataPath): unknown {
    const node: unknown = this.#document.getIn(path, true);
    return isScalar(node) ? node.value : node;
  }

  /** Where a value begins, or, if there is none, the nearest one around it. */
  positionOfValue(path: DataPath): Position {
    for (let depth = path.length; depth >= 0; depth -= 1) {
      const node: unknown = depth === 0 ? this.#document.contents : this.#document.getIn(path.slice(0, depth), true);
      if (isNode(node) && node.range != null) return this.#positionOf(node.range[0]);
    }
    return this.#positionOf(0);
  }

  /** Where the name of a value stands, or its value, when it has none. */
  positionOfKey(path: DataPath): Position {
    const around: unknown = path.length < 2 ? this.#document.contents : this.#document.getIn(path.slice(0, -1), true);
    const pair = isMap(around)
      ? around.items.find(({ key }) => isScalar(key) && String(key.value) === String(path.at(-1)))
      : undefined;
    const key = pair?.key;
    return isNode(key) && key.range != null ? this.#positionOf(key.range[0]) : this.positionOfValue(path);
  }

  #positionOf(offset: number): Position {
    const { line, col } = this.#lines.linePos(offset);
    return { line, column: col };
  }
}
