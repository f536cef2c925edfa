import { SysimageError } from '@sysimage/core';
import { runCommand } from '@sysimage/node-services';
import { mailChannel, webhookChannel, type Channel } from '@sysimage/notifications';
import { resolveReferences } from '../config/resolve-references.js';
import type { NotificationConfig } from '../config/run-schema.js';
import { secretsOf } from '../config/without-secrets.js';
import { commandEnvironment } from '../hooks/command-environment.js';
import { wordsOf } from '../hooks/run-hook.js';
import type { Secrets } from '../run/secrets.js';
import { notificationFacts } from './notification-facts.js';

export interface ChannelSurroundings {
  readonly configPath: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly secrets: Secrets;
}

/** Opens nothing. Errors: `credentials` for a reference to what is not there, `invalid` for what cannot be used. */
export async function channelOf(
  name: string,
  config: NotificationConfig,
  surroundings: ChannelSurroundings,
): Promise<Channel> {
  const { mail, webhook, run = [] } = config;
  const look = (value: unknown): Promise<unknown> => lookUp(value, surroundings);
  if (mail !== undefined) {
    const { password, authority, ...rest } = mail;
    return mailChannel(name, {
      ...rest,
      ...(password === undefined ? {} : { password: textOf(await look(password)) }),
      ...(authority === undefined ? {} : { authority: textOf(await look(authority)) }),
    });
  }
  if (webhook !== undefined) {
    const { url, headers = {}, ...rest } = webhook;
    const pairs = Object.entries(headers).map(async ([key, value]) => [key, textOf(await look(value))] as const);
    return webhookChannel(name, {
      ...rest,
      url: textOf(await look(url)),
      headers: Object.fromEntries(await Promise.all(pairs)),
    });
  }
  return commandChannel(name, { ...config, run }, surroundings);
}

/** A command that gets the facts as variables, and all of the notification as JSON on standard input. */
function commandChannel(
  name: string,
  { run, environment: wanted = [] }: NotificationConfig & { readonly run: readonly string[] },
  { configPath, environment }: ChannelSurroundings,
): Channel {
  return {
    name,
    async send(notification, signal) {
      const { outcome, exitCode } = await runCommand({
        words: wordsOf(run, configPath),
        environment: commandEnvironment(environment, wanted, notificationFacts(notification)),
        input: `${JSON.stringify(notification)}\n`,
        timeout: 2 ** 31 - 1,
        signal,
      });
      if (outcome === 'done') return;
      const how = exitCode === undefined ? outcome : `exit code ${exitCode}`;
      throw new SysimageError('unavailable', `the command failed (${how})`, {
        operation: 'notify',
        retry: outcome === 'not-started' ? 'never' : 'later',
      });
    },
  };
}

async function lookUp(options: unknown, { configPath, environment, secrets }: ChannelSurroundings): Promise<unknown> {
  const resolved = await resolveReferences(options, configPath ?? '', environment);
  // One that stands there in plain words is no less secret.
  secrets.add(secretsOf({ options, resolved, schema: { writeOnly: true } }));
  return resolved;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
