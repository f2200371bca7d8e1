import { expect, test } from 'vitest';
import { askBy, withStepUp } from './step-up.ts';

const call = () => new Request('http://privexbot.invalid/v1/auth/totp', { method: 'DELETE', headers: { 'idempotency-key': 'one' } });

/** A server that refuses until `proven`, and the calls it got. */
function server(code = 'step_up_required') {
  const state = { proven: false, calls: [] as string[] };
  const transport = withStepUp(async (request) => {
    state.calls.push(`${request.headers.get('idempotency-key')} ${await request.text()}`);
    return state.proven ? new Response(null, { status: 204 }) : Response.json({ error: { code } }, { status: 403 });
  });
  return { state, transport };
}

test('where the server asks, the person is asked, and the same call goes again', async () => {
  const { state, transport } = server();
  const stop = askBy(async () => {
    state.proven = true;
    return true;
  });
  const post = new Request('http://privexbot.invalid/x', { method: 'POST', headers: { 'idempotency-key': 'two' }, body: '{"a":1}' });
  expect((await transport(post)).status).toBe(204);
  expect(state.calls).toEqual(['two {"a":1}', 'two {"a":1}']);
  stop();
});

test('who declines gets the refusal, once', async () => {
  const { state, transport } = server();
  const stop = askBy(async () => false);
  const response = await transport(call());
  expect(response.status).toBe(403);
  expect(await response.json()).toEqual({ error: { code: 'step_up_required' } });
  expect(state.calls).toHaveLength(1);
  stop();
  expect((await transport(call())).status).toBe(403);
});

test('another refusal asks nobody', async () => {
  const { state, transport } = server('not_allowed');
  const stop = askBy(() => Promise.reject(new Error('asked')));
  expect((await transport(call())).status).toBe(403);
  expect(state.calls).toHaveLength(1);
  stop();
});
