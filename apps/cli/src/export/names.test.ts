import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SafeNames } from './names.ts';

test('names keep their words and extension and lose what leads elsewhere', () => {
  const names = new SafeNames();
  expect(names.give('../../etc/passwd')).toBe('_.._etc_passwd');
  expect(names.give('C:\\Windows\\a.txt')).toBe('C_Windows_a.txt');
  expect(names.give('con.txt')).toBe('_con.txt');
  expect(names.give('.bashrc')).toBe('bashrc');
  expect(names.give('a\u202egnp.exe\0')).toBe('agnp.exe');
  expect(names.give('Übersicht 2026.PDF')).toBe('Übersicht 2026.PDF');
  expect(names.give('...', 'doc_1')).toBe('doc_1');
});

test('names that a file system may take for one get a number', () => {
  const names = new SafeNames();
  expect(['Plan.md', 'plan.md', 'PLAN.md'].map((name) => names.give(name))).toEqual(['Plan.md', 'plan (2).md', 'PLAN (3).md']);
});

test('whatever the names are, the files are distinct, short and in the folder', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 300 }), { maxLength: 20 }), (given) => {
      const names = new SafeNames();
      const safe = given.map((name) => names.give(name));
      expect(new Set(safe.map((name) => name.toLowerCase())).size).toBe(given.length);
      for (const name of safe) {
        expect(name).toMatch(/^[^/\\\p{Cc}.][^/\\\p{Cc}]*$/u);
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(130);
      }
    }),
  );
});
