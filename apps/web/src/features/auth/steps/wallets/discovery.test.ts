import { expect, test } from 'vitest';
import { watchCosmos } from './cosmos.ts';
import { watchEvm } from './evm.ts';
import { watchSolana } from './solana.ts';
import { type Challenge, type FoundWallet, safeIcon, toBase64Url, toProblem, type Watch } from './wallet.ts';

const CHALLENGE = {
  challenge: 'c',
  text: 'text to sign',
  parts: { address: '0xAb' },
} as unknown as Challenge;

function collect(watch: Watch, page: EventTarget & object) {
  const found: FoundWallet[] = [];
  const stop = watch((wallet) => found.push(wallet), page);
  return { found, stop };
}

test('Ethereum wallets announce themselves, before or after they are asked; an old one counts only where none does', async () => {
  const calls: unknown[] = [];
  const answers: Record<string, unknown> = { eth_requestAccounts: ['0xab'], eth_chainId: '0x89', personal_sign: '0x0102' };
  const provider = {
    request: async (call: { method: string }) => {
      calls.push(call);
      return answers[call.method];
    },
  };
  const page = Object.assign(new EventTarget(), { ethereum: provider });
  const announce = (uuid: string) =>
    page.dispatchEvent(
      new CustomEvent('eip6963:announceProvider', { detail: { info: { uuid, name: uuid, icon: 'https://x' }, provider } }),
    );
  page.addEventListener('eip6963:requestProvider', () => announce('early'));
  const { found, stop } = collect(watchEvm, page);
  announce('late');
  stop();
  announce('too late');
  expect(found.map(({ name, icon }) => [name, icon])).toEqual([
    ['early', undefined],
    ['late', undefined],
  ]);
  expect(collect(watchEvm, Object.assign(new EventTarget(), { ethereum: provider })).found).toMatchObject([{ name: '', family: 'evm' }]);

  const connected = await found[0]?.connect({ cosmosChain: '' });
  expect(connected?.asked).toEqual({ family: 'evm', address: '0xab', chainId: '137' });
  expect(await connected?.sign(CHALLENGE)).toEqual({ text: 'text to sign', signature: Uint8Array.of(1, 2) });
  expect(calls.at(-1)).toEqual({ method: 'personal_sign', params: ['0x7465787420746f207369676e', '0xAb'] });
});

test('Solana wallets and the page meet whoever comes first; those that sign nothing are left out', async () => {
  const signed = { signedMessage: new TextEncoder().encode('by the wallet'), signature: Uint8Array.of(9) };
  const account = { address: 'So1', chains: ['solana:mainnet'] };
  const connect = { 'standard:connect': { connect: async () => ({ accounts: [{ address: 'x', chains: ['sui:mainnet'] }, account] }) } };
  const wallets = [
    { name: 'Writes', chains: ['solana:mainnet'], features: { ...connect, 'solana:signIn': { signIn: async () => [signed] } } },
    {
      name: 'Signs',
      chains: ['solana:mainnet'],
      features: {
        ...connect,
        'solana:signMessage': {
          signMessage: async ({ message }: { message: Uint8Array }) => [{ signedMessage: message, signature: message }],
        },
      },
    },
    { name: 'Looks', chains: ['solana:mainnet'], features: connect },
    { name: 'Elsewhere', chains: ['sui:mainnet'], features: { ...connect, 'solana:signIn': {} } },
  ];
  type Api = { register: (...given: unknown[]) => void };
  const page = new EventTarget();
  page.addEventListener('wallet-standard:app-ready', (event) => (event as CustomEvent<Api>).detail.register(wallets[0], wallets[2]));
  const { found } = collect(watchSolana, page);
  page.dispatchEvent(new CustomEvent('wallet-standard:register-wallet', { detail: (api: Api) => api.register(wallets[1], wallets[3]) }));
  expect(found.map(({ name }) => name)).toEqual(['Writes', 'Signs']);
  const [writes, signs] = await Promise.all(found.map((wallet) => wallet.connect({ cosmosChain: '' })));
  expect(writes?.asked).toEqual({ family: 'solana', address: 'So1' });
  expect(await writes?.sign(CHALLENGE)).toEqual({ text: 'by the wallet', signature: Uint8Array.of(9) });
  expect((await signs?.sign(CHALLENGE))?.text).toBe('text to sign');
});

test('Cosmos wallets are found under their names, each once', async () => {
  const keplr = {
    enable: async () => undefined,
    getKey: async () => ({ bech32Address: 'osmo1x', pubKey: Uint8Array.of(2) }),
    signArbitrary: async () => ({ signature: 'AQI=', pub_key: { value: '' } }),
  };
  const page = Object.assign(new EventTarget(), { keplr, leap: { ...keplr }, okxwallet: { keplr } });
  const { found } = collect(watchCosmos, page);
  expect(found.map(({ name }) => name)).toEqual(['Keplr', 'Leap']);
  const connected = await found[0]?.connect({ cosmosChain: 'osmosis-1' });
  expect(connected?.asked).toEqual({ family: 'cosmos', address: 'osmo1x', chainId: 'osmosis-1' });
  expect(await connected?.sign(CHALLENGE)).toEqual({ text: 'text to sign', signature: Uint8Array.of(1, 2), publicKey: Uint8Array.of(2) });
});

test('what wallets throw has a sentence each', () => {
  const codes = [
    { code: 4001 },
    new Error('Request rejected'),
    new Error('User denied message signature'),
    { code: -32002, message: 'already pending' },
    { code: 4200 },
    'odd',
    undefined,
  ].map((thrown) => toProblem(thrown).code);
  expect(codes).toEqual(['declined', 'declined', 'declined', 'pending', 'unsupported', 'failed', 'failed']);
});

test('only images that the wallet brings itself are shown', () => {
  expect(safeIcon('data:image/svg+xml;base64,AA')).toEqual({ icon: 'data:image/svg+xml;base64,AA' });
  for (const icon of ['https://x/y.png', 'data:text/html,x', 'javascript:x', undefined, 7]) expect(safeIcon(icon)).toEqual({});
});

test('bytes travel as base64url without padding', () => {
  expect(toBase64Url(Uint8Array.of(251, 255, 191, 0))).toBe('-_-_AA');
});
