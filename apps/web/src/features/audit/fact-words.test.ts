import { expect, test } from 'vitest';
import { factsInWords } from './fact-words.ts';

const t = (id: string, values?: object) => (values ? `${id} ${JSON.stringify(values)}` : id);

test.each([
  [{ by: 'passkey', factors: 2 }, ['method.passkey']],
  [{ role: 'tier2', by: 'saml' }, ['method.saml', 'role.tier2']],
  [{ from: 'tier4', to: 'tier2', source: 'ldap' }, ['audit.fromTo {"from":"role.tier4","to":"role.tier2"}']],
  [{ kind: 'totp' }, ['factor.totp']],
  [{ by: 'directory', role: 'something later', kind: 7, from: 'tier4' }, []],
])('%j', (facts, words) => {
  expect(factsInWords(t, facts as Parameters<typeof factsInWords>[1])).toEqual(words);
});
