import { agencies } from './agencies.ts';
import { apiKeys } from './api-keys.ts';
import { audit } from './audit.ts';
import { auth } from './auth.ts';
import { bots } from './bots.ts';
import { credentials } from './credentials.ts';
import { domains } from './domains.ts';
import { groups } from './groups.ts';
import { handOver } from './hand-over.ts';
import { knowledge } from './knowledge.ts';
import { members } from './members.ts';
import { models } from './models.ts';
import { openai } from './openai.ts';
import { organizations } from './organizations.ts';
import { policies } from './policies.ts';
import { privacy } from './privacy.ts';
import { publicChat } from './public-chat.ts';
import { scim } from './scim.ts';
import { serviceAccounts } from './service-accounts.ts';
import { sso } from './sso.ts';
import { uploads } from './uploads.ts';
import { usage } from './usage.ts';
import { wallets } from './wallets.ts';

/** Every endpoint there is, by feature. */
export const contract = {
  auth,
  credentials,
  organizations,
  domains,
  policies,
  members,
  groups,
  agencies,
  apiKeys,
  serviceAccounts,
  uploads,
  knowledge,
  bots,
  publicChat,
  models,
  audit,
  usage,
  privacy,
  openai,
  scim,
  wallets,
  sso,
  handOver,
};
export type Contract = typeof contract;
