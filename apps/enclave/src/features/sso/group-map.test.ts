import { makeId, Provisioning, ROLES } from '@privexbot/contract';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { applyGroupMap } from './group-map.ts';

const workspace = makeId('workspace', 0, new Uint8Array(10));
const map = (value: object) => Provisioning.parse(value);

test('of several groups the one with the most rights counts, in the organization and in a workspace', () => {
  const provisioning = map({
    groups: [
      { group: 'staff', role: 'tier3', workspaces: [{ workspace, role: 'tier4' }] },
      { group: 'editors', role: 'tier1', workspaces: [{ workspace, role: 'tier2' }] },
      { group: 'others', role: 'admin' },
    ],
  });
  expect(applyGroupMap(provisioning, ['editors', 'staff', 'chess'])).toEqual({
    role: 'tier1',
    workspaces: [{ workspace, role: 'tier2' }],
    applied: ['staff', 'editors'],
    withheld: [],
    ignored: ['chess'],
  });
});

test('a workspace never gives more than the organization', () => {
  const provisioning = map({ groups: [{ group: 'a', role: 'tier3', workspaces: [{ workspace, role: 'tier1' }] }] });
  expect(applyGroupMap(provisioning, ['a']).workspaces).toEqual([{ workspace, role: 'tier3' }]);
});

test('a group makes an Admin only where that was allowed', () => {
  const groups = [
    { group: 'root', role: 'admin' },
    { group: 'staff', role: 'tier2' },
  ];
  expect(applyGroupMap(map({ groups }), ['root', 'staff'])).toMatchObject({ role: 'tier2', withheld: ['root'] });
  expect(applyGroupMap(map({ groups, admins: true }), ['root', 'staff'])).toMatchObject({ role: 'admin', withheld: [] });
});

test('without a mapped group there is the default role, or none', () => {
  expect(applyGroupMap(map({}), ['any'])).toMatchObject({ role: 'tier4', ignored: ['any'] });
  expect(applyGroupMap(map({ role: 'tier2' }), []).role).toBe('tier2');
  expect(applyGroupMap(map({ onlyMapped: true }), ['any']).role).toBeUndefined();
  expect(Provisioning.safeParse({ role: 'admin' }).success).toBe(false);
});

test('names that differ in case, and names of object members, are other groups', () => {
  const provisioning = map({ groups: [{ group: 'Staff', role: 'tier1' }] });
  for (const group of ['staff', 'STAFF', '__proto__', 'constructor', 'Staff '])
    expect(applyGroupMap(provisioning, [group]).role).toBe('tier4');
});

test('more groups never give less, and no groups ever make an Admin unasked', () => {
  const rule = fc.record({ group: fc.constantFrom('a', 'b', 'c', 'd'), role: fc.constantFrom(...ROLES) });
  fc.assert(
    fc.property(fc.array(rule), fc.subarray(['a', 'b', 'c', 'd']), fc.constantFrom('a', 'b', 'c', 'd'), (groups, own, added) => {
      const provisioning = map({ groups, onlyMapped: true });
      const rank = (of: readonly string[]) => ROLES.indexOf(applyGroupMap(provisioning, of).role ?? 'tier4');
      expect(rank([...own, added])).toBeLessThanOrEqual(rank(own));
      expect(applyGroupMap(provisioning, own).role).not.toBe('admin');
    }),
  );
});
