import { expect, test } from 'vitest';
import { ByteReader, fromBase64, fromHex, toHex } from './bytes.ts';
import { readDer, readInteger, readIntegerBytes, readOid, readTime, TAG } from './der.ts';
import { der, integer, oid, time } from './simulation/der-writer.ts';

function read(hex: string) {
  return readDer(fromHex(hex));
}

test.each([
  ['nothing', ''],
  ['an indefinite length', '3080020101' + '0000'],
  ['a length that could be shorter', '30810 3020101'.replace(' ', '')],
  ['a length with a leading zero', `30820080${'00'.repeat(128)}`],
  ['a length past the end', '3004020101'],
  ['a length near the limits of integers', '3084ffffffff020101'],
  ['a child longer than its parent', '3003020401'],
  ['bytes behind the end', '300302010100'],
  ['a tag of several bytes', '1f810100'],
  ['too many levels', nested(40)],
  [
    'too many elements',
    toHex(
      der(
        TAG.sequence,
        new Uint8Array(300_000).map((_, index) => (index % 2 === 0 ? 5 : 0)),
      ),
    ),
  ],
])('DER with %s is refused', (_, hex) => {
  expect(() => read(hex)).toThrow('DER');
});

function nested(levels: number): string {
  let inner: Uint8Array = Uint8Array.of();
  for (let level = 0; level < levels; level++) inner = der(TAG.sequence, inner);
  return toHex(inner);
}

test('numbers are read in their shortest form only', () => {
  expect(readInteger(read('020200ff'))).toBe(255);
  expect(() => readIntegerBytes(read('0202007f'))).toThrow('shortest');
  expect(() => readIntegerBytes(read('0200'))).toThrow('empty');
  expect(() => readInteger(read('0201ff'))).toThrow('range');
  for (const value of [0, 1, 127, 128, 255, 256, 65_535, 2 ** 31 - 1]) expect(readInteger(readDer(integer(value)))).toBe(value);
});

test('identifiers come back as they were written', () => {
  for (const dotted of ['1.2.840.113741.1.13.1', '2.5.29.19', '2.16.840.1.101.3.4.2.2', '0.9.2342'])
    expect(readOid(readDer(oid(dotted)))).toBe(dotted);
  expect(() => readOid(read('06028001'))).toThrow('shortest');
  expect(() => readOid(read('0601 80'.replace(' ', '')))).toThrow('identifier');
});

test('times come back as they were written, and impossible ones do not', () => {
  for (const at of [Date.UTC(1999, 11, 31, 23, 59, 59), Date.UTC(2049, 0, 1), Date.UTC(2050, 1, 28)])
    expect(readTime(readDer(time(at)))).toBe(at);
  const text = (tag: number, value: string) => readDer(der(tag, new TextEncoder().encode(value)));
  for (const value of ['260231000000Z', '260101240000Z', '2601010000Z', '260101000000+0100'])
    expect(() => readTime(text(TAG.utcTime, value))).toThrow('time');
});

test('the reader of bytes is little-endian and never reads past the end', () => {
  const reader = new ByteReader(fromHex('01020304ffffffffffffffff00'));
  expect(reader.uint16()).toBe(0x0201);
  expect(reader.uint16()).toBe(0x0403);
  expect(reader.uint32()).toBe(0xffff_ffff);
  expect(reader.bytes(4)).toEqual(Uint8Array.of(255, 255, 255, 255));
  expect(() => reader.end()).toThrow('too many');
  expect(() => reader.bytes(0xffff_ffff)).toThrow('needed');
  expect(reader.bytes(1)).toEqual(Uint8Array.of(0));
  reader.end();
});

test('hexadecimal and base64 are read strictly', () => {
  for (const text of ['0', 'zz', ' 00', '0x00']) expect(() => fromHex(text)).toThrow('hexadecimal');
  expect(fromBase64('AQI=')).toEqual(Uint8Array.of(1, 2));
  for (const text of ['AQI', 'AQJ=', 'AQ I=', 'A===', '-_==']) expect(() => fromBase64(text)).toThrow('base64');
});
