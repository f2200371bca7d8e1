import { startEnclave } from '@privexbot/testing/start-enclave.ts';
import { expect, test } from 'vitest';
import { seedDemo } from './demo.ts';

/** What the answer to each suggested question must quote. */
const EXPECTED: Record<string, RegExp> = {
  'What does the bot do when it does not know?': /says that it does not know instead of guessing/,
  'How large may a file be?': /up to 100 MB/,
  'Who may publish a bot?': /Admins and Tier 1 members may publish bots/,
  'Where is the root key?': /file beside the data folder/,
  'Does content leave the machine?': /no content leaves the machine/,
  'How do I put a bot on my website?': /copy its one script tag/,
};

test('the demo answers its suggested questions from the handbook, and is found again the second time', async () => {
  await using enclave = await startEnclave();
  const url = await enclave.listen();
  const demo = await seedDemo(url);
  expect(await seedDemo(url)).toEqual(demo);

  const slug = demo.pageUrl.split('/').pop() ?? '';
  const visitor = enclave.client();
  const admin = enclave.client();
  const { organizations } = await admin.auth.signIn({ body: demo });
  const [organization] = organizations;
  const [workspace] = organization?.workspaces ?? [];
  expect([organization?.name, organizations.length]).toEqual(['Privex Handbook demo', 1]);
  if (!organization || !workspace) return;
  const params = { org: organization.id, workspace: workspace.id };
  const bases = await admin.knowledge.list({ params });
  expect(bases.map(({ name, documents }) => `${name} ${documents}`)).toEqual(['Handbook 8']);
  for (let isRead = false; !isRead; await new Promise((resolve) => setTimeout(resolve, 100))) {
    const [base] = await admin.knowledge.list({ params });
    isRead = base !== undefined && base.passages >= 8 && base.embedded === base.passages;
  }

  const { suggestedQuestions } = await visitor.publicChat.page({ params: { slug } });
  expect(suggestedQuestions).toEqual(Object.keys(EXPECTED));
  for (const question of suggestedQuestions) {
    const { conversation, token } = await visitor.publicChat.start({ params: { slug } });
    const events = await visitor.publicChat.ask(
      { params: { slug, conversation }, body: { question } },
      { headers: { authorization: `Bearer ${token}` } },
    );
    let answer = '';
    for await (const event of events) if (event.type === 'text') answer += event.text;
    expect(answer, question).toMatch(EXPECTED[question] ?? /^$/);
  }
});
