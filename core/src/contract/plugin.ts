import type { Policy } from './policy.js';
import type { FacetName, FacetsOf, PhysicalDisk, TargetParts } from './target.js';

/** All of the outside that a plugin gets. */
export interface Host {
  now(): Date;
  /** Structured, without secrets. */
  log(event: string, fields?: Readonly<Record<string, string | number | boolean>>): void;
  /** Unpredictable bytes. */
  random(length: number): Uint8Array;
  /** The physical disks below a path of this machine. */
  disksBelow(path: string): Promise<DisksBelow>;
  /** Asks a person for a medium; `media-required` when nobody may be asked. */
  requestMedium(request: { readonly label: string; readonly reason: string }): Promise<void>;
}

export type DisksBelow =
  | { readonly known: true; readonly disks: readonly PhysicalDisk[] }
  | { readonly known: false; readonly why: string };

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
  readonly jsonSchema: () => object;
  readonly fromUrl: (url: string) => unknown;
  /** Parses the options and opens; checks that the facets are those declared. */
  readonly open: (options: unknown, host: Host, purpose: OpenPurpose) => Promise<TargetParts>;
}

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
    jsonSchema: () => plugin.options.jsonSchema(),
    fromUrl: (url) => plugin.fromUrl(url),
    open: (options, host, purpose) => plugin.open(plugin.options.parse(options), host, purpose),
  };
}
