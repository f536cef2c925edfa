import { Secrets } from '../run/secrets.js';
import { channelOf } from '../notifications/channels.js';
import type { ConfigSurroundings, Note } from './config-note.js';

/** Every channel must be one that could be used, with everything looked up that is kept elsewhere. Nobody is told anything. */
export async function checkNotifications({ loaded, environment }: ConfigSurroundings, note: Note): Promise<void> {
  const secrets = new Secrets(environment);
  for (const [name, config] of Object.entries(loaded.config.notifications)) {
    const kind = config.mail === undefined ? (config.webhook === undefined ? 'run' : 'webhook') : 'mail';
    try {
      await channelOf(name, config, { configPath: loaded.path, environment, secrets });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      note('problem', ['notifications', name, kind], secrets.hide(message));
    }
  }
}
