import { createClient } from '@privexbot/sdk';
import { askPassword } from '../ask-password.ts';
import { command, Refusal } from '../command.ts';
import { politeTransport, serverUrl } from '../connect.ts';
import { storeLogin } from '../stored-login.ts';

export const login = command({
  words: 'login',
  summary: 'Sign in and keep the session for later commands',
  takes: [],
  options: {
    email: { type: 'string', value: 'E', required: true, help: 'Address of the account' },
    password: { type: 'string', value: 'P', help: 'Else PRIVEXBOT_PASSWORD, else it is asked for; others on this machine may see flags' },
    'sign-up': { type: 'boolean', help: 'Make the account, with an organization and a workspace' },
  },
  async run({ values, env }) {
    const url = serverUrl(values, env);
    const password = values.password ?? env.PRIVEXBOT_PASSWORD ?? (await askPassword(process.stdin, process.stderr));
    let cookie: string | undefined;
    const send = politeTransport(url);
    const client = createClient(async (request) => {
      const response = await send(request);
      cookie = response.headers.getSetCookie()[0]?.split(';')[0];
      return response;
    });
    const body = { email: values.email, password };
    const account = values['sign-up'] ? await client.auth.signUp({ body }) : await client.auth.signIn({ body });
    if (!cookie) throw new Refusal(`${url} gave no session. Is it a PrivexBot server?`);
    await storeLogin(env, { url, cookie });
    const [organization] = account.organizations;
    const value = { id: account.id, email: account.email, url, organization, workspace: organization?.workspaces[0] };
    return { value, text: `Signed in at ${url} as ${account.email}${organization ? `, ${organization.name}` : ''}.` };
  },
});
