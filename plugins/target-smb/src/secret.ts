import { inspect } from 'node:util';

/** A text that no log, error or dump shows. */
export interface Secret {
  reveal(): string;
  toJSON(): string;
}

export function createSecret(text: string): Secret {
  return Object.freeze({ reveal: () => text, toJSON: () => '***', [inspect.custom]: () => '***' });
}
