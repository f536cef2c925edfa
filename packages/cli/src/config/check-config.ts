import { isSysimageError, type AnyTargetPlugin } from '@sysimage/core';
import { didYouMean } from '../did-you-mean.js';
import { partsOf } from '../targets/target-settings.js';
import { checkNotifications } from './check-notifications.js';
import { checkPolicySettings } from './check-policy-settings.js';
import type { ConfigNote, ConfigSurroundings, Note } from './config-note.js';
import { dotted } from './config-problems.js';
import type { DataPath } from './config-text.js';
import { resolveReferences } from './resolve-references.js';
import { withoutSecrets } from './without-secrets.js';

/**
 * What the schema cannot see: every target's options go through its plugin's own checks, and every name must be that of something.
 * Nothing is opened, and no secret gets into a message.
 */
export async function checkConfig(surroundings: ConfigSurroundings): Promise<readonly ConfigNote[]> {
  const { loaded } = surroundings;
  const notes: ConfigNote[] = [];
  const note: Note = (kind, at, message) =>
    void notes.push({ kind, path: dotted(at), position: loaded.positionOf(at, 'key'), message });
  for (const name of Object.keys(loaded.config.targets)) await checkTarget(name, surroundings, note);
  for (const [name, job] of Object.entries(loaded.config.jobs)) {
    if (job.to !== undefined) await checkPlace(job.to, ['jobs', name, 'to'], surroundings, note);
  }
  checkPolicySettings(surroundings, note);
  await checkNotifications(surroundings, note);
  return notes.toSorted((a, b) => a.position.line - b.position.line || a.position.column - b.position.column);
}

async function checkTarget(name: string, surroundings: ConfigSurroundings, note: Note): Promise<void> {
  const { loaded, registry, environment } = surroundings;
  const { kind, options } = partsOf(loaded.config.targets[name] ?? { plugin: '' });
  const at = ['targets', name];
  const plugin = registry.kinds.find((each) => each.kind === kind);
  if (plugin === undefined) {
    const kinds = registry.kinds.map((each) => each.kind);
    const meant = didYouMean(kind, kinds) || `; the kinds are ${kinds.join(', ')}`;
    note('problem', [...at, 'plugin'], `no plugin brings the kind "${kind}"${meant}`);
    return;
  }
  let resolved: unknown = options;
  try {
    resolved = await resolveReferences(options, loaded.path ?? '', environment);
    await plugin.check?.({ options: resolved });
  } catch (error) {
    const schema = await plugin.jsonSchema().catch(() => ({}));
    const field = fieldOf(error);
    const message = withoutSecrets(messageOf(error), { options, resolved, schema });
    note('problem', field in options ? [...at, field] : at, `${message}${fieldMeant(field, schema)}`);
  }
}

/** A name of the configuration, or a URL whose plugin accepts it. */
async function checkPlace(
  reference: string,
  at: DataPath,
  { loaded, registry }: ConfigSurroundings,
  note: Note,
): Promise<void> {
  const names = Object.keys(loaded.config.targets);
  if (names.includes(reference)) return;
  const plugin = registry.kinds.find(({ kind }) => reference.startsWith(`${kind}:`));
  if (plugin === undefined) {
    const schemes = registry.kinds.map(({ kind }) => `${kind}:…`).join(', ');
    note(
      'problem',
      at,
      `"${reference}" is no target of this file${didYouMean(reference, names) || `, and none of ${schemes}`}`,
    );
    return;
  }
  try {
    await plugin.check?.({ url: reference });
  } catch (error) {
    note('problem', at, messageOf(error));
  }
}

function fieldOf(error: unknown): string {
  const field = isSysimageError(error) ? error.context['field'] : undefined;
  return typeof field === 'string' ? field : '';
}

/** For a field that the plugin does not know. */
function fieldMeant(field: string, schema: Awaited<ReturnType<AnyTargetPlugin['jsonSchema']>>): string {
  const properties: unknown = Reflect.get(schema, 'properties');
  const known = typeof properties === 'object' && properties !== null ? Object.keys(properties) : [];
  return field === '' || known.includes(field) ? '' : didYouMean(field, known);
}

function messageOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);
}
