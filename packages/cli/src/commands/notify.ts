import { SysimageError } from '@sysimage/core';
import type { CommandContext, CommonOptions } from '../command-context.js';
import { listenerOf } from '../command-context.js';
import { didYouMean } from '../did-you-mean.js';
import { exitCodes } from '../exit-code.js';
import { notificationOf } from '../notifications/notification-of.js';
import { tell } from '../notifications/tell.js';
import { printable } from '../output/format.js';

/** `sysimage notify [NAME…]`: a test through each channel, whatever it is meant for. Fails when one does. */
export async function notifyCommand(
  context: CommandContext,
  names: readonly string[],
  options: CommonOptions,
): Promise<number> {
  const { loaded, clock, machine, tool, secrets, events } = context;
  const channels = loaded.config.notifications;
  const known = Object.keys(channels);
  const wanted = names.length > 0 ? names : known;
  if (wanted.length === 0)
    throw invalid('the configuration has no notifications', 'Give it some: docs/configuration.md.');
  for (const name of wanted) {
    if (known.includes(name)) continue;
    throw invalid(`there is no notification "${name}"${didYouMean(name, known)}`, `There are: ${known.join(', ')}`);
  }
  const result = { status: 'done', exitCode: exitCodes.done };
  const notification = notificationOf('test', { command: 'notify' }, result, {
    now: clock.now(),
    machine: machine.hostName,
    tool,
    location: undefined,
    hide: (text) => secrets.hide(text),
  });
  const told = await tell(
    Object.fromEntries(Object.entries(channels).filter(([name]) => wanted.includes(name))),
    notification,
    {
      ...context,
      configPath: loaded.path,
      environment: process.env,
    },
  );
  for (const event of told) events.emit(event);
  const failed = told.filter(({ outcome }) => outcome === 'failed').map(({ channel }) => channel);
  const exitCode = failed.length === 0 ? exitCodes.done : exitCodes.failed;
  if (failed.length > 0 && !options.json)
    listenerOf(context).say(`Not everybody was told: ${printable(failed.join(', '))}.\n`);
  listenerOf(context).result({ status: failed.length === 0 ? 'done' : 'failed', exitCode, failed });
  return exitCode;
}

function invalid(message: string, remedy: string): SysimageError {
  return new SysimageError('invalid', message, { operation: 'notify', remedy });
}
