import type { Registry } from '@sysimage/core';
import type { ConfigProblem } from './config-problems.js';
import type { DataPath } from './config-text.js';
import type { LoadedConfig } from './read-config.js';

/** A problem that makes the configuration useless, or something that is better known. */
export interface ConfigNote extends ConfigProblem {
  readonly kind: 'problem' | 'warning';
}

/** Says something about a place of the configuration. */
export type Note = (kind: ConfigNote['kind'], at: DataPath, message: string) => void;

/** What a configuration is checked against. */
export interface ConfigSurroundings {
  readonly loaded: LoadedConfig;
  readonly registry: Pick<Registry, 'kinds' | 'policies'>;
  readonly now: Date;
  readonly environment: Readonly<Record<string, string | undefined>>;
}
