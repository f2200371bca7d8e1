import { expect, test } from 'vitest';
import { FairGate } from './fair-gate.ts';

const never = new AbortController().signal;
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Enters and notes that it did; its place is left by calling `leave`. */
function enter(gate: FairGate, caller: string, entered: string[], signal = never) {
  const place = gate.enter(caller, signal).then((held) => {
    entered.push(caller);
    return held;
  });
  return { place, leave: async () => (await place)[Symbol.dispose]() };
}

test('as many run at once as may, and the next enters when one leaves', async () => {
  const gate = new FairGate({ running: 2, waitingPerCaller: 10 });
  const entered: string[] = [];
  const [first] = ['a', 'a', 'a'].map((caller) => enter(gate, caller, entered));
  await turn();
  expect(entered).toEqual(['a', 'a']);
  await first?.leave();
  await turn();
  expect(entered).toEqual(['a', 'a', 'a']);
});

test('callers take turns, whoever has how many questions', async () => {
  const gate = new FairGate({ running: 1, waitingPerCaller: 10 });
  const entered: string[] = [];
  const asked = ['a', 'a', 'a', 'a', 'b', 'b', 'c'].map(async (caller) => {
    using _place = await gate.enter(caller, never);
    entered.push(caller);
    await turn();
  });
  await Promise.all(asked);
  expect(entered.join('')).toBe('aabcaba');
});

test('a caller with too many waiting is refused, others are not', async () => {
  const gate = new FairGate({ running: 1, waitingPerCaller: 2 });
  const entered: string[] = [];
  const [first] = ['a', 'a', 'a'].map((caller) => enter(gate, caller, entered));
  await expect(gate.enter('a', never)).rejects.toMatchObject({ code: 'busy' });
  enter(gate, 'b', entered);
  await first?.leave();
  await turn();
  enter(gate, 'a', entered); // there is room again
  expect(entered).toEqual(['a', 'a']);
});

test('whoever gives up while waiting takes no turn', async () => {
  const gate = new FairGate({ running: 1, waitingPerCaller: 10 });
  const entered: string[] = [];
  const first = enter(gate, 'a', entered);
  const stop = new AbortController();
  const impatient = gate.enter('b', stop.signal);
  enter(gate, 'c', entered);
  stop.abort(new Error('gone'));
  await expect(impatient).rejects.toThrow('gone');
  await expect(gate.enter('b', stop.signal)).rejects.toThrow('gone');
  await first.leave();
  await turn();
  expect(entered).toEqual(['a', 'c']);
});

test('a place that was given back can be taken again', async () => {
  const gate = new FairGate({ running: 1, waitingPerCaller: 0 });
  for (let i = 0; i < 5; i++) {
    using _place = await gate.enter('a', never);
    await expect(gate.enter('a', never)).rejects.toMatchObject({ code: 'busy' });
  }
});
