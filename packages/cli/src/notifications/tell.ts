import { isSysimageError, SysimageError, type Clock, type Random } from '@sysimage/core';
import { announce, type Notification, type Told } from '@sysimage/notifications';
import type { NotificationConfig } from '../config/run-schema.js';
import { parseDuration } from '../duration.js';
import type { NotificationEvent } from '../run/run-event.js';
import { channelOf, type ChannelSurroundings } from './channels.js';

export interface TellSurroundings extends ChannelSurroundings {
  readonly clock: Clock;
  readonly random: Random;
}

/** Tells all channels side by side, and what came of each. Never rejects: one that fails does not keep others from being told. */
export async function tell(
  channels: Readonly<Record<string, NotificationConfig>>,
  notification: Notification,
  surroundings: TellSurroundings,
): Promise<readonly NotificationEvent[]> {
  return Promise.all(
    Object.entries(channels).map(async ([name, config]) =>
      eventOf(notification, await tellOne(name, config, notification, surroundings)),
    ),
  );
}

async function tellOne(
  name: string,
  config: NotificationConfig,
  notification: Notification,
  surroundings: TellSurroundings,
): Promise<Told> {
  const { clock, random } = surroundings;
  const { tries = 3, pause = '1s', longestPause = '8s' } = config.retry ?? {};
  try {
    return await announce(await channelOf(name, config, surroundings), notification, {
      tries,
      pause: parseDuration(pause) ?? 0,
      longestPause: parseDuration(longestPause) ?? 0,
      timeout: parseDuration(config.timeout ?? '30s') ?? 0,
      sleep: (milliseconds) => clock.sleep(milliseconds),
      random: () => (random.bytes(1)[0] ?? 0) / 256,
    });
  } catch (error) {
    const known = isSysimageError(error)
      ? error
      : new SysimageError('internal', 'the channel failed', { cause: error });
    return { channel: name, tries: 1, error: known };
  }
}

function eventOf({ reason }: Notification, { channel, tries, error }: Told): NotificationEvent {
  const event = { event: 'notification', channel, reason, tries } as const;
  if (error === undefined) return { ...event, outcome: 'sent' };
  return { ...event, outcome: 'failed', error: { code: error.code, message: error.message } };
}

/** What people are told of it. */
export function describeTold({ channel, outcome, error }: NotificationEvent): string {
  return outcome === 'sent' ? `${channel} was told` : `${channel} could not be told: ${error?.message ?? ''}`;
}
