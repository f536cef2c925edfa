/** What is not known is absent. */
export function withoutUndefined<T extends object>(facts: { readonly [K in keyof T]: T[K] | undefined }): T;
export function withoutUndefined(facts: object): object {
  return Object.fromEntries(Object.entries(facts).filter(([, fact]) => fact !== undefined));
}
