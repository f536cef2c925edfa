import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { expect, test } from '@jest/globals';
import { announce, mailChannel, type MailOptions } from '../src/index.js';
import { certificate } from './certificate.js';
import { goodPassword, startMailServer } from './mail-server.js';
import { notification, quickly } from './some-notification.js';

const mail = (port: number, more: Partial<MailOptions> = {}): MailOptions => ({
  server: 'localhost',
  port,
  from: 'Backup <backup@example.org>',
  to: ['anna@example.org', 'Bob <bob@example.org>'],
  authority: certificate,
  ...more,
});

test('a mail over STARTTLS, after a login, to everybody', async () => {
  await using server = await startMailServer({ authOptional: false });
  const channel = mailChannel('anna', mail(server.port, { user: 'backup', password: goodPassword }));
  expect(await announce(channel, notification, quickly())).toEqual({ channel: 'anna', tries: 1 });
  expect(server.logins).toEqual(['backup']);
  const [only] = server.mails;
  expect(only).toMatchObject({
    from: 'backup@example.org',
    to: ['anna@example.org', 'bob@example.org'],
    encrypted: true,
  });
  expect(only?.text).toMatch(/^Subject: =\?UTF-8\?/mu);
  expect(only?.text).toContain('The target is full.\r\nFree some room.');
  expect(only?.text).toContain('Auto-Submitted: auto-generated');
});

test('a mail over TLS from the first byte, and one without any on loopback', async () => {
  await using secure = await startMailServer({ secure: true });
  const channel = mailChannel('a', mail(secure.port, { security: 'tls' }));
  expect(await announce(channel, notification, quickly())).toEqual({ channel: 'a', tries: 1 });
  expect(secure.mails).toMatchObject([{ encrypted: true }]);
  await using plain = await startMailServer({ disabledCommands: ['STARTTLS'], allowInsecureAuth: true });
  const open = mailChannel('b', mail(plain.port, { security: 'none', user: 'backup', password: goodPassword }));
  expect(await announce(open, notification, quickly())).toEqual({ channel: 'b', tries: 1 });
  expect(plain.mails).toMatchObject([{ encrypted: false }]);
});

test('nothing is said unencrypted, nor to somebody whom nobody vouches for', async () => {
  await using plain = await startMailServer({ disabledCommands: ['STARTTLS'], allowInsecureAuth: true });
  const login = { user: 'backup', password: goodPassword };
  const without = await announce(mailChannel('a', mail(plain.port, login)), notification, quickly());
  expect(without.error?.message).toContain('no encrypted connection');
  expect([plain.logins, plain.mails]).toEqual([[], []]);
  await using stranger = await startMailServer();
  const { authority: _, ...trusting } = mail(stranger.port, login);
  const unknown = await announce(mailChannel('a', trusting), notification, quickly());
  expect(unknown.error?.message).toContain('can be trusted');
  expect([stranger.logins, stranger.mails]).toEqual([[], []]);
  expect(() => mailChannel('a', mail(25, { ...login, server: 'mail.example.org', security: 'none' }))).toThrow(
    expect.objectContaining({ code: 'invalid' }),
  );
});

test('a wrong password is tried once, and never told, though the server repeats it', async () => {
  await using server = await startMailServer({ authOptional: false });
  const channel = mailChannel('a', mail(server.port, { user: 'backup', password: 'hunter2hunter2' }));
  const { tries, error } = await announce(channel, notification, quickly());
  expect([tries, error?.code]).toEqual([1, 'credentials']);
  expect(error?.message).toBe('the mail server localhost refused user and password (EAUTH, 535)');
  expect(JSON.stringify(error)).not.toContain('hunter2');
});

test('what is refused for now is tried again, what is refused for good is not', async () => {
  let refusals = 2;
  await using busy = await startMailServer({
    onMailFrom: (_address, _session, callback) => {
      refusals -= 1;
      callback(refusals < 0 ? null : Object.assign(new Error('later'), { responseCode: 451 }));
    },
  });
  const waiting = quickly();
  expect(await announce(mailChannel('a', mail(busy.port)), notification, waiting)).toEqual({ channel: 'a', tries: 3 });
  expect(waiting.slept).toEqual([1000, 2000]);
  await using strict = await startMailServer({
    onRcptTo: (_address, _session, callback) => callback(Object.assign(new Error('no'), { responseCode: 550 })),
  });
  const { tries, error } = await announce(mailChannel('a', mail(strict.port)), notification, quickly());
  expect([tries, error?.code]).toEqual([1, 'invalid']);
});

/** A server that says what it likes. */
async function startServer(greet: (socket: Socket) => void): Promise<{ server: Server; port: number }> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    greet(socket);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', () => resolve()));
  const address: AddressInfo | string | null = server.address();
  return { server, port: typeof address === 'object' && address !== null ? address.port : 0 };
}

/** Not before the last connection is gone. */
function closed(server: Server): Promise<void> {
  return new Promise((resolve) => void server.close(() => resolve()));
}

test.each<[string, (socket: Socket) => void, string]>([
  ['is silent', () => undefined, 'no answer within 0.3 s'],
  ['hangs up', (socket) => void socket.destroy(), 'cannot be reached'],
  ['talks nonsense for ever', (socket) => drip(socket), 'no answer within 0.3 s'],
])('a server that %s is given up, and no connection stays', async (_, greet, words) => {
  const { server, port } = await startServer(greet);
  const { tries, error } = await announce(mailChannel('a', mail(port)), notification, quickly({ timeout: 300 }));
  expect([tries, error?.code]).toEqual([3, 'unavailable']);
  expect(error?.message).toContain(words);
  await closed(server);
});

function drip(socket: Socket): void {
  const timer = setInterval(() => socket.write('220-still starting\r\n'), 20);
  socket.on('close', () => clearInterval(timer));
}

test('nobody is there', async () => {
  const { server, port } = await startServer(() => undefined);
  await closed(server);
  const { tries, error } = await announce(mailChannel('a', mail(port)), notification, quickly());
  expect([tries, error?.code]).toEqual([3, 'unavailable']);
});
