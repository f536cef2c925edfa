/** The parts of the package that are used; it comes without types. */
declare module 'smb2/lib/tools/smb2-message.js' {
  /** Lays out a message by the package's templates. Numbers longer than 4 bytes must be given as bytes. */
  export default class Smb2Message {
    constructor(options: {
      readonly headers: { readonly Command: string };
      readonly request: Readonly<Record<string, number | Buffer>>;
    });
    getBuffer(connection: { readonly messageId: number }): Buffer;
  }
}

declare module 'smb2/lib/tools/ms_erref.js' {
  const statuses: { getStatus(status: number): { readonly code: string } };
  export default statuses;
}
