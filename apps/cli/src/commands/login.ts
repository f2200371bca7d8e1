import { ApiError, type Client, createClient, generateDeviceJwk } from '@privexbot/sdk';
import { askSecret } from '../ask-secret.ts';
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
    code: {
      type: 'string',
      value: 'C',
      help: 'Of an authenticator app, or a recovery code, where the account has a second factor; else it is asked for',
    },
    'sign-up': { type: 'boolean', help: 'Make the account, with an organization and a workspace' },
  },
  async run({ values, env, screen }) {
    const url = serverUrl(values, env);
    const password = values.password ?? env.PRIVEXBOT_PASSWORD ?? (await askSecret('password', process.stdin, process.stderr));
    const stored = await readLogin(env);
    // Servers cannot tell by the key that one person uses several of them.
    const device = stored?.url === url ? stored.device : await generateDeviceJwk();
    const { transport } = await openEnvironment({ url, values, env, screen, device });
    const client = createClient(transport);
    const body = { email: values.email, password };
    const askCode = async () => values.code ?? (await askSecret('code', process.stdin, process.stderr));
    const account = values['sign-up'] ? await client.auth.signUp({ body }) : await signIn(client, body, askCode);
    await storeLogin(env, { url, device });
    const [organization] = account.organizations;
    const value = { id: account.id, email: account.email, url, organization, workspace: organization?.workspaces[0] };
    return { value, text: `Signed in at ${url} as ${account.email ?? account.name}${organization ? `, ${organization.name}` : ''}.` };
  },
});

async function signIn(client: Client, body: { email: string; password: string }, askCode: () => Promise<string>) {
  try {
    return await client.auth.signIn({ body });
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'second_factor_required') throw error;
    const code = await askCode();
    // Apps show six digits; recovery codes are longer.
    const way = /^\d{3} ?\d{3}$/.test(code.trim()) ? 'totp' : 'recovery';
    return client.credentials.secondFactor({ body: { challenge: String(error.details.challenge), proof: { way, code } } });
  }
}
