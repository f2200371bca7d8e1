import { createClient, generateDeviceJwk } from '@privexbot/sdk';
import { askPassword } from '../ask-password.ts';
import { command } from '../command.ts';
import { serverUrl } from '../connect.ts';
import { openEnvironment } from '../environment.ts';
import { readLogin, storeLogin } from '../stored-login.ts';

export const login = command({
  words: 'login',
  summary: 'Sign in on this device, for later commands',
  takes: [],
  options: {
    email: { type: 'string', value: 'E', required: true, help: 'Address of the account' },
    password: { type: 'string', value: 'P', help: 'Else PRIVEXBOT_PASSWORD, else it is asked for; others on this machine may see flags' },
    'sign-up': { type: 'boolean', help: 'Make the account, with an organization and a workspace' },
  },
  async run({ values, env, screen }) {
    const url = serverUrl(values, env);
    const password = values.password ?? env.PRIVEXBOT_PASSWORD ?? (await askPassword(process.stdin, process.stderr));
    const stored = await readLogin(env);
    // Servers cannot tell by the key that one person uses several of them.
    const device = stored?.url === url ? stored.device : await generateDeviceJwk();
    const { transport } = await openEnvironment({ url, values, env, screen, device });
    const client = createClient(transport);
    const body = { email: values.email, password };
    const account = values['sign-up'] ? await client.auth.signUp({ body }) : await client.auth.signIn({ body });
    await storeLogin(env, { url, device });
    const [organization] = account.organizations;
    const value = { id: account.id, email: account.email, url, organization, workspace: organization?.workspaces[0] };
    return { value, text: `Signed in at ${url} as ${account.email ?? account.name}${organization ? `, ${organization.name}` : ''}.` };
  },
});
