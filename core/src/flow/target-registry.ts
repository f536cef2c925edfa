import { completeTarget } from '../contract/capabilities.js';
import {
  pluginApi,
  type AnyTargetPlugin,
  type Host,
  type OpenPurpose,
  type PlaceReference,
  type Plugin,
} from '../contract/plugin.js';
import { isSysimageError, SysimageError } from '../contract/errors.js';
import type { Policy } from '../contract/policy.js';
import type { Hasher } from '../contract/services.js';
import type { FacetName, Target, TargetParts } from '../contract/target.js';
import { readProbe, withoutWithheld } from './probe.js';

/** All kinds of targets and all policies of the plugins that are loaded. */
export interface Registry {
  readonly kinds: readonly AnyTargetPlugin[];
  readonly policies: readonly Policy[];
  /** Opens a target URL (`kind:…`). Errors: `invalid` for an unknown kind; whatever the plugin says. */
  open(url: string, purpose: OpenPurpose, view?: TargetView): Promise<Target>;
  /** Opens a target that configuration describes. Errors: the same. */
  openConfigured(target: ConfiguredTarget, purpose: OpenPurpose, view?: TargetView): Promise<Target>;
}

/**
 * `effective`, the default: without the facets that the last check of the place found broken. `declared`: with them, for
 * whoever checks.
 */
export type TargetView = 'effective' | 'declared';

/** A target as configuration has it: the kind, and the plugin's own options. */
export interface ConfiguredTarget {
  readonly name: string;
  readonly kind: string;
  readonly options: unknown;
}

/** Errors: `invalid` when two plugins claim one kind or rule, or one speaks another interface: the run must not begin. */
export function createRegistry(plugins: readonly Plugin[], host: Host, hasher: Hasher): Registry {
  const kinds = new Map<string, AnyTargetPlugin>();
  const policies = new Map<string, Policy>();
  for (const plugin of plugins) {
    const { name, api }: { name: string; api: number } = plugin.meta;
    if (api !== pluginApi) {
      throw new SysimageError(
        'invalid',
        `the plugin ${name} speaks interface ${api}; this program speaks ${pluginApi}`,
        {
          remedy: 'Install a version of the plugin that fits this program.',
        },
      );
    }
    for (const target of plugin.targets ?? []) addOnce(kinds, target.kind, target, `target "${target.kind}"`, name);
    for (const policy of plugin.policies ?? [])
      addOnce(policies, policy.meta.id, policy, `policy ${policy.meta.id}`, name);
  }
  const openPlace = async (
    plugin: AnyTargetPlugin,
    place: PlaceReference,
    purpose: OpenPurpose,
    view: TargetView,
  ): Promise<Target> => {
    const parts = await plugin.open(place, host, purpose);
    try {
      assertHonest(plugin, parts);
    } catch (error) {
      await parts.close().catch(() => undefined);
      throw error;
    }
    return view === 'declared' ? completeTarget<never>(parts) : effective(parts, plugin.kind, host, hasher);
  };
  return {
    kinds: [...kinds.values()],
    policies: [...policies.values()],
    async open(url, purpose, view = 'effective') {
      const kind = /^([a-z0-9][a-z0-9-]*):/u.exec(url)?.[1];
      const plugin = kind === undefined ? undefined : kinds.get(kind);
      if (plugin !== undefined) return openPlace(plugin, { url }, purpose, view);
      throw new SysimageError('invalid', `"${url}" names no target`, {
        operation: 'open target',
        remedy: `A target is a name from the configuration, or written as ${[...kinds.keys()].map((known) => `${known}:…`).join(' or ')}, for example dir:/mnt/backup`,
      });
    },
    async openConfigured({ name, kind, options }, purpose, view = 'effective') {
      const plugin = kinds.get(kind);
      if (plugin !== undefined) return openPlace(plugin, { options }, purpose, view);
      throw new SysimageError('invalid', `the target "${name}" is of the kind "${kind}", which no plugin brings`, {
        operation: 'open target',
        remedy: `The kinds are: ${[...kinds.keys()].join(', ')}`,
      });
    },
  };
}

/** A place that cannot tell what a check found out is taken as it declares itself: nobody may be kept from a restore by that. */
async function effective(parts: TargetParts, kind: string, host: Host, hasher: Hasher): Promise<Target> {
  const declared = completeTarget<never>(parts);
  try {
    const record = await readProbe(declared, kind, hasher);
    return completeTarget<never>(withoutWithheld(parts, record));
  } catch (error) {
    host.log('probe.ignored', { kind, code: isSysimageError(error) ? error.code : 'internal' });
    return declared;
  }
}

/** A plugin must have every facet it declared, and no other: plans are made from what it declared. */
function assertHonest(plugin: AnyTargetPlugin, { facets }: TargetParts): void {
  const found = new Set(Object.entries(facets).flatMap(([name, facet]) => (facet === undefined ? [] : [name])));
  const missing = plugin.facets.filter((name) => !found.has(name));
  const declared = new Set<string>([...plugin.facets, ...(plugin.maybe ?? [])] satisfies FacetName[]);
  const undeclared = [...found].filter((name) => !declared.has(name));
  if (missing.length === 0 && undeclared.length === 0) return;
  throw new SysimageError(
    'internal',
    `the target plugin "${plugin.kind}" is faulty: missing ${missing.join(', ') || 'nothing'}, undeclared ${undeclared.join(', ') || 'nothing'}`,
  );
}

function addOnce<T>(all: Map<string, T>, key: string, value: T, what: string, plugin: string): void {
  if (all.has(key))
    throw new SysimageError('invalid', `the ${what} of plugin ${plugin} is already provided by another plugin`);
  all.set(key, value);
}
