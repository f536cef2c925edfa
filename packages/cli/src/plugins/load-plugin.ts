import { SysimageError, type Plugin } from '@sysimage/core';

/** Imports a module and takes the plugin out of it: the export `plugin`, or the default one. `load`: imports it in another way. */
export async function loadPlugin(
  specifier: string,
  load: () => Promise<unknown> = () => import(specifier),
): Promise<Plugin> {
  let module: unknown;
  try {
    module = await load();
  } catch (error) {
    throw new SysimageError('invalid', `the plugin ${specifier} cannot be loaded`, {
      operation: 'load plugin',
      remedy: 'Check the path, and that the packages it needs are installed.',
      cause: error,
    });
  }
  for (const name of ['plugin', 'default']) {
    const found: unknown = typeof module === 'object' && module !== null ? Reflect.get(module, name) : undefined;
    if (!isPlugin(found)) continue;
    if (hasSoundPolicies(found)) return found;
    throw new SysimageError('invalid', `the plugin ${specifier} brings a policy that is none`, {
      operation: 'load plugin',
      remedy: 'A policy is an object { meta: { id, … }, check(plan, report) }, best made with definePolicy.',
    });
  }
  throw new SysimageError('invalid', `${specifier} exports no sysimage plugin`, {
    operation: 'load plugin',
    remedy:
      'A plugin is an object { meta: { name, version, api }, targets?, policies? }, exported as "plugin" or as default.',
  });
}

function isPlugin(value: unknown): value is Plugin {
  if (typeof value !== 'object' || value === null || !('meta' in value)) return false;
  const { meta } = value;
  return typeof meta === 'object' && meta !== null && 'name' in meta && 'api' in meta;
}

/** Everything else of a rule is looked at when the rules are configured; without these nothing could be said of it. */
function hasSoundPolicies(plugin: object): boolean {
  const policies: unknown = Reflect.get(plugin, 'policies');
  return policies === undefined || (Array.isArray(policies) && policies.every(isPolicy));
}

function isPolicy(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('meta' in value) || !('check' in value)) return false;
  const { meta, check } = value;
  return typeof meta === 'object' && meta !== null && 'id' in meta && typeof check === 'function';
}
