import { hidden } from '../config/without-secrets.js';

/** Shorter values are not looked for: they stand in half of all words. */
const shortest = 4;
/** Variables whose values nobody wants to read anywhere. */
const secretName = /PASSWORD|PASSWD|SECRET|TOKEN/iu;

/** What must not get into a log, a notification or the environment of a hook, whoever puts it into words. */
export class Secrets {
  readonly #known = new Set<string>();

  constructor(environment: Readonly<Record<string, string | undefined>> = {}) {
    this.add(Object.entries(environment).flatMap(([name, value]) => (secretName.test(name) ? [value ?? ''] : [])));
  }

  add(values: readonly string[]): void {
    for (const value of values) if (value.length >= shortest) this.#known.add(value);
  }

  hide(text: string): string {
    return this.#known.size === 0 ? text : hidden(text, [...this.#known]);
  }

  /** A line of JSON, with every text in it hidden where that is needed. */
  hideIn(value: object): string {
    return JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'string' ? this.hide(inner) : inner));
  }
}
