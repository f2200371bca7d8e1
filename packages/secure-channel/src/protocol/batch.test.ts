import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { hex } from '../test-environment.ts';
import { batchOf, committedReportData } from './batch.ts';
import { portableHashes as hashes } from './hashes.ts';

const reports = (count: number) =>
  Array.from({ length: count }, (_, n) => new Uint8Array(createHash('sha512').update(`report ${n}`).digest()));

test('every member of a batch of any size finds its quote, and nobody else does', () => {
  for (let size = 1; size <= 33; size++) {
    const members = reports(size);
    const { reportData, paths } = batchOf(hashes, members);
    for (const [index, member] of members.entries()) {
      const path = paths[index] ?? new Uint8Array();
      expect(hex(committedReportData(hashes, member, path))).toBe(hex(reportData));
      const other = members[(index + 1) % size] ?? member;
      if (size > 1) expect(hex(committedReportData(hashes, other, path))).not.toBe(hex(reportData));
    }
  }
});

test('a path of another length, index or size is refused or leads elsewhere', () => {
  const members = reports(7);
  const { reportData, paths } = batchOf(hashes, members);
  const [member = new Uint8Array()] = members;
  const [path = new Uint8Array()] = paths;
  const longer = new Uint8Array(path.length + 64);
  longer.set(path);
  for (const wrong of [path.slice(0, -64), longer, path.slice(0, -1), path.slice(0, 7), path.with(3, 7), path.with(6, 0x20)])
    expect(() => committedReportData(hashes, member, wrong)).toThrow(expect.objectContaining({ code: 'malformed_message' }));
  for (let at = 0; at < path.length; at++) {
    let found = '';
    try {
      found = hex(committedReportData(hashes, member, path.with(at, (path[at] ?? 0) ^ 1)));
    } catch {
      continue;
    }
    expect(found).not.toBe(hex(reportData));
  }
});

test('without a path the quote commits the handshake itself', () => {
  const [report = new Uint8Array()] = reports(1);
  expect(committedReportData(hashes, report, new Uint8Array())).toBe(report);
});
