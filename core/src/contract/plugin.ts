import { SysimageError } from './errors.js';
import type { Policy } from './policy.js';
import type { FacetName, FacetsOf, FileSystemBelow, PhysicalDisk, TargetParts } from './target.js';

/** All of the outside that a plugin gets. */
export interface Host {
  now(): Date;
  /** Structured, without secrets. */
  log(event: string, fields?: Readonly<Record<string, string | number | boolean>>): void;
  /** Unpredictable bytes. */
  random(length: number): Uint8Array;
  /** The physical disks below a path of this machine, which need not be there yet. */
  disksBelow(path: string): Promise<DisksBelow>;
  /** Asks a person for a medium; `media-required` when nobody may be asked. */
  requestMedium(request: { readonly label: string; readonly reason: string }): Promise<void>;
}

/** `fileSystems`: those that its bytes pass through, the innermost first, as far down as is known. */
export type DisksBelow = { readonly fileSystems?: readonly FileSystemBelow[] } & (
  | { readonly known: true; readonly disks: readonly PhysicalDisk[] }
  | { readonly known: false; readonly why: string }
);

/** Any schema library can stand behind this. */
export interface OptionsSchema<O> {
  /** Throws `invalid`, naming the field. */
  parse(input: unknown): O;
  jsonSchema(): object;
}

/** One kind of target. */
export interface TargetPlugin<O = unknown, F extends FacetName = FacetName, M extends FacetName = never> {
  /** The word in configuration and the scheme of its URLs: `dir`, `s3`. */
  readonly kind: string;
  readonly description: string;
  /** Always there. */
  readonly facets: readonly F[];
  /** There or not, known once it is open. */
  readonly maybe?: readonly M[];
  readonly options: OptionsSchema<O>;
  /** Options from a target URL whose scheme is `kind`. */
  fromUrl(url: string): unknown;
  /** Of a kind whose places are paths of this machine: which one. Looks at nothing. */
  path?(options: O): string;
  /**
   * Opening makes nothing on the medium. For `read` the place must be there (`not-found`); for `write` what is missing below it
   * may be made by the first `put`. Errors: `not-found`, `denied`, `credentials`, `unavailable`, `unsupported`.
   */
  open(options: O, host: Host, purpose: OpenPurpose): Promise<ExactParts<F, M>>;
}

/** What a target is opened for. */
export type OpenPurpose = 'read' | 'write';

/** What `open` must return: every declared facet, perhaps a `maybe` one, and no other. */
export type ExactParts<F extends FacetName, M extends FacetName> = Omit<TargetParts<F>, 'facets'> & {
  readonly facets: FacetsOf<F> & { readonly [K in Exclude<FacetName, F | M>]?: undefined };
};

/** A target plugin whose option type is closed over. */
export interface AnyTargetPlugin {
  readonly kind: string;
  readonly description: string;
  readonly facets: readonly FacetName[];
  readonly maybe?: readonly FacetName[];
  readonly jsonSchema: () => Promise<object>;
  /** Parses what names the place, and opens nothing. Errors: `invalid`, naming the field. */
  readonly check?: (place: PlaceReference) => Promise<void>;
  /** The path of this machine that a place is; `undefined` for a kind whose places are none. Opens nothing. Errors: `invalid`. */
  readonly pathOf?: (place: PlaceReference) => Promise<string | undefined>;
  /** Parses what names the place, and opens it. */
  readonly open: (place: PlaceReference, host: Host, purpose: OpenPurpose) => Promise<TargetParts>;
}

/** How a user names a place: a target URL, or options from configuration. */
export type PlaceReference = { readonly url: string } | { readonly options: unknown };

export const pluginApi = 1;

/** A plain object: order never matters, nothing happens on import. */
export interface Plugin {
  readonly meta: { readonly name: string; readonly version: string; readonly api: typeof pluginApi };
  readonly targets?: readonly AnyTargetPlugin[];
  readonly policies?: readonly Policy[];
}

/** Closes a target plugin over its option type, keeping the compiler's checks inside. */
export function defineTarget<O, F extends FacetName, M extends FacetName = never>(
  plugin: TargetPlugin<O, F, M>,
): AnyTargetPlugin {
  return {
    kind: plugin.kind,
    description: plugin.description,
    facets: plugin.facets,
    ...(plugin.maybe === undefined ? {} : { maybe: plugin.maybe }),
    jsonSchema: async () => plugin.options.jsonSchema(),
    check: async (place) => void parsed(plugin, place),
    pathOf: async (place) => plugin.path?.(parsed(plugin, place)),
    open: async (place, host, purpose) => plugin.open(parsed(plugin, place), host, purpose),
  };
}

function parsed<O>(plugin: Pick<TargetPlugin<O>, 'options' | 'fromUrl'>, place: PlaceReference): O {
  return plugin.options.parse('url' in place ? plugin.fromUrl(place.url) : place.options);
}

/** What the static `sysimage` field of a package says of one kind of target. */
export type TargetManifest = Pick<AnyTargetPlugin, 'kind' | 'facets'> &
  Partial<Pick<AnyTargetPlugin, 'description' | 'maybe'>>;

/** A target plugin that is loaded when a place of its kind is opened, and not before: some bring half a second of code. */
export function lazyTarget(manifest: TargetManifest, load: () => Promise<Plugin>): AnyTargetPlugin {
  const loaded = async (): Promise<AnyTargetPlugin> => {
    const plugin = await load();
    const target = plugin.targets?.find(({ kind }) => kind === manifest.kind);
    if (target === undefined || plugin.meta.api !== pluginApi) {
      throw new SysimageError(
        'invalid',
        `the plugin ${plugin.meta.name} does not bring the target "${manifest.kind}" that it announces`,
      );
    }
    return target;
  };
  return {
    kind: manifest.kind,
    description: manifest.description ?? manifest.kind,
    facets: manifest.facets,
    ...(manifest.maybe === undefined ? {} : { maybe: manifest.maybe }),
    jsonSchema: async () => (await loaded()).jsonSchema(),
    check: async (place) => (await loaded()).check?.(place),
    pathOf: async (place) => (await loaded()).pathOf?.(place),
    open: async (place, host, purpose) => (await loaded()).open(place, host, purpose),
  };
}
