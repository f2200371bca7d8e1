import { expect, test } from 'vitest';
import { FairGate } from './fair-gate.ts';

const never = new AbortController().signal;

test('callers take turns, so that one with many questions delays nobody else past one turn', async () => {
  const gate = new FairGate({ running: 1, waitingPerCaller: 10 });
  const order: string[] = [];
  const ask = async (caller: string) => {
    using _place = await gate.enter(caller, never);
    order.push(caller);
    await Promise.resolve();
  };
  await Promise.all([...Array.from({ length: 6 }, () => ask('busy')), ask('other'), ask('third'), ask('other')]);
  expect(order).toEqual(['busy', 'busy', 'other', 'third', 'busy', 'other', 'busy', 'busy', 'busy']);
});

test('as many as allowed run at once, and a place given back is used again', async () => {
  const gate = new FairGate({ running: 2, waitingPerCaller: 10 });
  const [first] = [await gate.enter('a', never), await gate.enter('a', never)];
  let entered = false;
  const third = gate.enter('a', never).then((place) => {
    entered = true;
    return place;
  });
  await Promise.resolve();
  expect(entered).toBe(false);
  first[Symbol.dispose]();
  await third;
  expect(entered).toBe(true);
});

test('a caller with too many waiting is refused as busy, others are not', async () => {
  const gate = new FairGate({ running: 1, waitingPerCaller: 1 });
  const place = await gate.enter('a', never);
  const waiting = gate.enter('a', never);
  await expect(gate.enter('a', never)).rejects.toMatchObject({ code: 'busy' });
  const other = gate.enter('b', never);
  place[Symbol.dispose]();
  (await waiting)[Symbol.dispose]();
  (await other)[Symbol.dispose]();
});

test('who gives up waiting leaves the queue', async () => {
  const gate = new FairGate({ running: 1, waitingPerCaller: 1 });
  const place = await gate.enter('a', never);
  const stop = new AbortController();
  const gaveUp = gate.enter('a', stop.signal);
  stop.abort(new Error('gone'));
  await expect(gaveUp).rejects.toThrow('gone');
  const next = gate.enter('a', never);
  place[Symbol.dispose]();
  (await next)[Symbol.dispose]();
});
