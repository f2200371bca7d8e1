import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromBase64, ParseError, toHex } from '../bytes.ts';
import { AT, createTestLog, entriesOf } from '../testing/environment.ts';
import { cosignedAt, isSignedBy, parseCheckpoint, verifyEd25519 } from './checkpoint.ts';
import { formatNote, noteKeyId, parseNote, SIGNATURE_TYPE, signaturesOf, verifierKey } from './note.ts';
import { consistencyProof, cosignCheckpoint, signCheckpoint, treeHeadOf } from './write-log.ts';

/** From the documentation of golang.org/x/mod/sumdb/note, whose format became C2SP signed-note. */
const PETER = { name: 'PeterNeumann', key: fromBase64('ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW').slice(1) };
const PETERS_NOTE = [
  'If you think cryptography is the answer to your problem,',
  "then you don't know what your problem is.",
  '',
  '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=',
  '',
].join('\n');

/** C2SP tlog-cosignature, its example. */
const C2SP_EXAMPLE = [
  'example.com/behind-the-sofa',
  '20852163',
  'CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=',
  '',
  '— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=',
  '— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==',
  '',
].join('\n');

const log = await createTestLog();
const entries = entriesOf(3);
const signed = await signCheckpoint(entries, log.signer);
const cosigning = { checkpoint: signed, log: log.signer, witness: log.witness, at: AT.getTime() };
const cosigned = await cosignCheckpoint(cosigning);

test('a note that others signed is verified, and its key has the name that others give it', async () => {
  const note = parseNote(PETERS_NOTE);
  expect(await verifierKey(PETER)).toBe('PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW');
  const [signature] = await signaturesOf(note, PETER, SIGNATURE_TYPE.ed25519);
  const text = new TextEncoder().encode(note.text);
  expect(await verifyEd25519(PETER.key, signature ?? new Uint8Array(), text)).toBe(true);
  expect(await verifyEd25519(PETER.key, signature ?? new Uint8Array(), text.slice(1))).toBe(false);
  expect(formatNote(note)).toBe(PETERS_NOTE);
});

test('the example of the specification is read', () => {
  const { origin, size, root, note } = parseCheckpoint(C2SP_EXAMPLE);
  expect({ origin, size, root: toHex(root) }).toEqual({
    origin: 'example.com/behind-the-sofa',
    size: 20852163,
    root: '0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62',
  });
  expect(note.signatures.map(({ signature }) => signature.length)).toEqual([64, 72]);
  expect(formatNote(note)).toBe(C2SP_EXAMPLE);
});

test('a checkpoint is signed by its log and seen by its witness, and by nobody else', async () => {
  const checkpoint = parseCheckpoint(cosigned);
  expect(checkpoint).toMatchObject(await treeHeadOf(entries));
  expect(await isSignedBy(log.signer, checkpoint, verifyEd25519)).toBe(true);
  expect(await cosignedAt(log.witness, checkpoint, verifyEd25519)).toBe(AT.getTime());
  const other = await createTestLog();
  expect(await isSignedBy(other.signer, checkpoint, verifyEd25519)).toBe(false);
  expect(await cosignedAt(other.witness, checkpoint, verifyEd25519)).toBeUndefined();
  expect(await isSignedBy({ ...log.signer, name: 'releases.example/other' }, checkpoint, verifyEd25519)).toBe(false);
  expect(await cosignedAt(log.witness, parseCheckpoint(signed), verifyEd25519)).toBeUndefined();
  // A log cannot speak as a witness with the key of its checkpoints, nor a witness as a log.
  expect(await cosignedAt(log.signer, checkpoint, verifyEd25519)).toBeUndefined();
  expect(await isSignedBy({ ...log.witness, name: log.signer.name }, checkpoint, verifyEd25519)).toBe(false);
});

test('a witness signs only what the log signed and what continues the log that it saw', async () => {
  const last = await treeHeadOf(entries.slice(0, 2));
  const consistency = await consistencyProof(entries, 2);
  await expect(cosignCheckpoint({ ...cosigning, last, consistency })).resolves.toBe(cosigned);
  await expect(cosignCheckpoint({ ...cosigning, last })).rejects.toThrow(ParseError);
  const rewritten = { ...last, root: last.root.map((byte) => byte ^ 1) };
  await expect(cosignCheckpoint({ ...cosigning, last: rewritten, consistency })).rejects.toThrow(/rewritten/);
  await expect(cosignCheckpoint({ ...cosigning, log: (await createTestLog()).signer })).rejects.toThrow(/did not sign/);
});

test('a later signature of the same witness replaces the earlier one', async () => {
  const again = await cosignCheckpoint({ ...cosigning, checkpoint: cosigned, at: AT.getTime() + 5000 });
  expect(parseCheckpoint(again).note.signatures.length).toBe(2);
  expect(await cosignedAt(log.witness, parseCheckpoint(again), verifyEd25519)).toBe(AT.getTime() + 5000);
});

test('cut anywhere, or with any bit changed, a checkpoint is refused', async () => {
  const bytes = new TextEncoder().encode(cosigned);
  const accepts = async (text: string) => {
    try {
      const checkpoint = parseCheckpoint(text);
      const isSigned = await isSignedBy(log.signer, checkpoint, verifyEd25519);
      return isSigned && (await cosignedAt(log.witness, checkpoint, verifyEd25519)) !== undefined;
    } catch (error) {
      expect(error).toBeInstanceOf(ParseError);
      return false;
    }
  };
  expect(await accepts(cosigned)).toBe(true);
  for (let length = 0; length < bytes.length; length++) {
    expect(await accepts(new TextDecoder().decode(bytes.subarray(0, length))), `cut at ${length}`).toBe(false);
  }
  for (let bit = 0; bit < 8 * bytes.length; bit++) {
    const altered = bytes.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
    expect(await accepts(new TextDecoder().decode(altered)), `bit ${bit}`).toBe(false);
  }
});

test.each([
  ['no signature', C2SP_EXAMPLE.split('—')[0] ?? ''],
  ['no newline at the end', C2SP_EXAMPLE.slice(0, -1)],
  ['another line', C2SP_EXAMPLE.replace('\n\n', '\nmore\n\n')],
  ['a blank line in the text', C2SP_EXAMPLE.replace('\n', '\n\n')],
  ['a leading zero', C2SP_EXAMPLE.replace('2085', '02085')],
  ['a size that is none', C2SP_EXAMPLE.replace('20852163', '-1')],
  ['a size beyond all logs', C2SP_EXAMPLE.replace('20852163', '9999999999')],
  ['a short root', C2SP_EXAMPLE.replace('CsUY', '')],
  ['a root with stray bits', C2SP_EXAMPLE.replace('q2I=', 'q2J=')],
  ['carriage returns', C2SP_EXAMPLE.replaceAll('\n', '\r\n')],
  ['a hyphen for the dash', C2SP_EXAMPLE.replaceAll('—', '-')],
  ['a plus in a name', C2SP_EXAMPLE.replace('witness.', 'witness+')],
  ['a space in a name', C2SP_EXAMPLE.replace('witness.', 'witness ')],
  ['half a character', C2SP_EXAMPLE.replace('witness.', '\ud800')],
  ['an empty signature', C2SP_EXAMPLE.replace(/Az3grl.*/, 'Az3grg==')],
  ['33 signatures', C2SP_EXAMPLE + C2SP_EXAMPLE.split('\n').slice(4, 5).join('').concat('\n').repeat(31)],
  ['twenty thousand characters', C2SP_EXAMPLE.replace('witness', 'w'.repeat(20_000))],
])('%s is refused', (_, text) => expect(() => parseCheckpoint(text)).toThrow(ParseError));

test('any text is read or refused, without another error', () => {
  const unit = fc.constantFrom('\n', '— ', ' ', '+', 'a', 'AAAA', '=', '\t', '\ud83d', '€');
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 60 }), (text) => {
      try {
        parseNote(`${text}\n\n— a AAAAAAAA\n`);
      } catch (error) {
        expect(error).toBeInstanceOf(ParseError);
      }
    }),
  );
});

test('a witness’s signature of another length is refused', async () => {
  const keyId = await noteKeyId(log.witness, SIGNATURE_TYPE.cosignature);
  for (const length of [1, 7, 8, 71, 73]) {
    const { text, signatures } = parseNote(signed);
    const short = { name: log.witness.name, keyId, signature: new Uint8Array(length) };
    const checkpoint = parseCheckpoint(formatNote({ text, signatures: [...signatures, short] }));
    await expect(cosignedAt(log.witness, checkpoint, verifyEd25519)).rejects.toThrow(ParseError);
  }
});
