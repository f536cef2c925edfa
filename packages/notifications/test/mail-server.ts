import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { certificate, privateKey } from './certificate.js';

/** A real mail server on loopback that keeps what it gets. */
export interface MailServer extends AsyncDisposable {
  readonly port: number;
  readonly mails: readonly {
    readonly from: string;
    readonly to: readonly string[];
    readonly text: string;
    readonly encrypted: boolean;
  }[];
  readonly logins: readonly string[];
}

export const goodPassword = 'Pa55 wörd';

export async function startMailServer(options: SMTPServerOptions = {}): Promise<MailServer> {
  const mails: { from: string; to: string[]; text: string; encrypted: boolean }[] = [];
  const logins: string[] = [];
  const server = new SMTPServer({
    key: privateKey,
    cert: certificate,
    authOptional: true,
    closeTimeout: 100,
    onAuth({ username = '', password = '' }, _session, callback) {
      logins.push(username);
      // A server that is careless enough to repeat what it was told.
      if (password === goodPassword) callback(null, { user: username });
      else callback(Object.assign(new Error(`no such password: ${password}`), { responseCode: 535 }));
    },
    onData(stream, { envelope, secure }, callback) {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => void parts.push(part));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = envelope;
        mails.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          text: Buffer.concat(parts).toString('utf8'),
          encrypted: secure,
        });
        callback();
      });
    },
    ...options,
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', () => resolve()));
  const address: AddressInfo | string | null = server.server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    mails,
    logins,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
