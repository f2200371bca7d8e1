import { expect, test } from 'vitest';
import { readMessage } from './messages.ts';

test.each([null, 'close', 42, {}, { privexbot: 'read' }, { privexbot: 1 }, []])('%j is none of ours', (data) => {
  expect(readMessage(data)).toBeUndefined();
});

test('our four messages are read', () => {
  for (const kind of ['open', 'close', 'resize', 'unread']) expect(readMessage({ privexbot: kind })).toEqual({ privexbot: kind });
});
