// A real SMTP server that keeps what it was handed.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';

export interface Received {
  readonly to: string | undefined;
  readonly subject: string | undefined;
  readonly text: string;
}

export interface Mailbox extends AsyncDisposable {
  readonly url: string;
  readonly mails: readonly Received[];
  /** Whether it takes no mail, as one that is down for a while. */
  isClosed: boolean;
  /** Waits for the next mails that `action` has sent, as many as there are addresses; gives the token of each link to `screen`, by address. */
  tokensMailedBy(action: () => Promise<unknown>, screen: string, ...to: string[]): Promise<string[]>;
}

export async function openMailbox(): Promise<Mailbox> {
  const mails: Received[] = [];
  const waiting = new Set<() => void>();
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    async onData(stream, _session, done) {
      const { to, subject, text: body = '' } = await PostalMime.parse(await text(stream));
      if (mailbox.isClosed) return done(new Error('no room'));
      mails.push({ to: to?.[0]?.address, subject, text: body });
      done();
      for (const tell of waiting) tell();
    },
  });
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const { port } = server.server.address() as AddressInfo;
  const mailbox: Mailbox = {
    url: `smtp://127.0.0.1:${port}`,
    mails,
    isClosed: false,
    async tokensMailedBy(action, screen, ...to) {
      const link = new RegExp(`^https?://[^\\s/]+${screen}#(\\S+)$`, 'm');
      const from = mails.length;
      const find = (address: string) =>
        mails.slice(from).flatMap((mail) => (mail.to === address ? (link.exec(mail.text)?.[1] ?? []) : []))[0];
      await action();
      await new Promise<void>((resolve, reject) => {
        const late = setTimeout(() => reject(new Error(`no mail with a link to ${screen} for ${to.filter((one) => !find(one))}`)), 10_000);
        const look = () => {
          if (!to.every(find)) return;
          clearTimeout(late);
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      });
      return to.map((address) => find(address) ?? '');
    },
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
  return mailbox;
}
