/** The options of a target as they are written, as they are with everything looked up, and what its plugin says of them. */
export interface TargetOptions {
  readonly options: unknown;
  readonly resolved: unknown;
  readonly schema: object;
}

/** A message of a plugin without any value that is kept elsewhere or marked as secret: plugins should not print them, and may. */
export function withoutSecrets(message: string, options: TargetOptions): string {
  return hidden(message, secretsOf(options));
}

/** Every value among the options that is kept elsewhere or marked as secret. */
export function secretsOf({ options, resolved, schema }: TargetOptions): readonly string[] {
  return [...lookedUp(options, resolved), ...marked(options, schema)].filter((secret) => secret !== '');
}

export function hidden(message: string, secrets: readonly string[]): string {
  // The longest first: one may be a part of another.
  return secrets
    .toSorted((a, b) => b.length - a.length)
    .reduce((text, secret) => text.replaceAll(secret, '***'), message);
}

/** Texts that stand where a reference was. */
function lookedUp(written: unknown, resolved: unknown): readonly string[] {
  if (typeof written !== 'object' || written === null) return [];
  if (typeof resolved === 'string') return [resolved];
  return Object.keys(written).flatMap((key) => lookedUp(field(written, key), field(resolved, key)));
}

/** Texts that the schema of the plugin marks as never to be read back. */
function marked(value: unknown, schema: unknown): readonly string[] {
  if (field(schema, 'writeOnly') === true || field(schema, 'format') === 'password') return texts(value);
  if (typeof value !== 'object' || value === null) return [];
  const properties = field(schema, 'properties');
  return Object.keys(value).flatMap((key) => marked(field(value, key), field(properties, key)));
}

function texts(value: unknown): readonly string[] {
  return typeof value === 'string' || typeof value === 'number' ? [String(value)] : [];
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}
