import { createTransport } from 'nodemailer';

export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

export interface Mailer {
  /** Hands the mail to the server; rejects if it is not taken within 20 s. */
  send(mail: Mail): Promise<void>;
}

const TIMEOUT_MS = 20_000;

/** Mail by SMTP. @param url `smtp://USER:PASSWORD@HOST:PORT` */
export function createSmtpMailer(url: string, from: string): Mailer {
  const transport = createTransport(url, {
    from,
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
  } as object);
  return {
    async send({ to, subject, text }) {
      await transport.sendMail({ to, subject, text });
    },
  };
}
