import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ParseError, toHex } from '../bytes.ts';
import { decodeLaunchManifest, encodeLaunchManifest, type LaunchManifest, launchManifestDigest } from './launch-manifest.ts';

const text = fc.string({ maxLength: 30 });
const sha256 = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toHex);
const manifests: fc.Arbitrary<LaunchManifest> = fc.record({
  v: fc.constant(1 as const),
  node: fc.record({ version: text, options: fc.array(text, { maxLength: 5 }) }),
  settings: fc.dictionary(text, text, { maxKeys: 5 }).map((settings) => ({ ...settings })),
  models: fc.array(fc.record({ name: fc.string({ minLength: 1, maxLength: 30 }), sha256 }), { maxLength: 3 }),
});

test('it is read as it was written', () => {
  fc.assert(
    fc.property(manifests, (manifest) => {
      expect(decodeLaunchManifest(encodeLaunchManifest(manifest))).toEqual(manifest);
    }),
  );
});

test('two manifests that differ in anything have different digests', async () => {
  await fc.assert(
    fc.asyncProperty(manifests, manifests, async (one, other) => {
      const [a, b] = [encodeLaunchManifest(one), encodeLaunchManifest(other)];
      const isSame = toHex(a) === toHex(b);
      expect(toHex(await launchManifestDigest(a)) === toHex(await launchManifestDigest(b))).toBe(isSame);
    }),
  );
});

const WHOLE = '{"models":[],"node":{"options":[],"version":"v24.0.0"},"settings":{},"v":1}';

test('the digest is SHA-384 of the bytes', async () => {
  const digest = await launchManifestDigest(
    encodeLaunchManifest({ v: 1, node: { version: 'v24.0.0', options: [] }, settings: {}, models: [] }),
  );
  expect(digest).toEqual(new Uint8Array(await crypto.subtle.digest('SHA-384', new TextEncoder().encode(WHOLE))));
});

test.each([
  ['an unknown member', WHOLE.replace('"v"', '"u":1,"v"')],
  ['an unknown member of node', WHOLE.replace('"version"', '"path":"","version"')],
  ['a missing member', WHOLE.replace('"settings":{},', '')],
  ['another version', WHOLE.replace('"v":1', '"v":2')],
  ['a setting that is no text', WHOLE.replace('"settings":{}', '"settings":{"a":1}')],
  ['settings that are a list', WHOLE.replace('"settings":{}', '"settings":[]')],
  ['an option that is no text', WHOLE.replace('"options":[]', '"options":[1]')],
  ['a model without a hash', WHOLE.replace('"models":[]', '"models":[{"name":"a"}]')],
  ['a model with a short hash', WHOLE.replace('"models":[]', '"models":[{"name":"a","sha256":"ab"}]')],
  ['a model without a name', WHOLE.replace('"models":[]', `"models":[{"name":"","sha256":"${'ab'.repeat(32)}"}]`)],
  ['a hash in capitals', WHOLE.replace('"models":[]', `"models":[{"name":"a","sha256":"${'AB'.repeat(32)}"}]`)],
  ['spaces', WHOLE.replace(':', ': ')],
])('%s is refused', (_, json) => {
  expect(decodeLaunchManifest(new TextEncoder().encode(WHOLE)).node.version).toBe('v24.0.0');
  expect(() => decodeLaunchManifest(new TextEncoder().encode(json))).toThrow(ParseError);
});

test('what could not be read again is not written', () => {
  const manifest = { v: 1, node: { version: '', options: [] }, models: [], settings: { big: 'x'.repeat(70_000) } } as const;
  expect(() => encodeLaunchManifest(manifest)).toThrow(ParseError);
});
