import { expect, test } from 'vitest';
import { pinnedAddress } from './pinned-address.ts';

const PIN = 'A'.repeat(43);

test('a link carries the pin in its fragment, a widget line as an attribute, an API name nothing', () => {
  expect(pinnedAddress('page', 'https://a.example/c/help', PIN)).toBe(`https://a.example/c/help#pin=${PIN}`);
  expect(pinnedAddress('widget', '<script src="https://a.example/widget.js" data-bot="help" async></script>', PIN)).toBe(
    `<script src="https://a.example/widget.js" data-bot="help" data-pin="${PIN}" async></script>`,
  );
  expect(pinnedAddress('api', 'bot:help', PIN)).toBe('bot:help');
});

test('without a verified identity there is no pin', () => {
  expect(pinnedAddress('page', 'https://a.example/c/help', undefined)).toBe('https://a.example/c/help');
});
