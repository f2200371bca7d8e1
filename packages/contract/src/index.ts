import { apiKeys } from './api-keys.ts';
import { audit } from './audit.ts';
import { auth } from './auth.ts';
import { bots } from './bots.ts';
import { knowledge } from './knowledge.ts';
import { models } from './models.ts';
import { openai } from './openai.ts';
import { organizations } from './organizations.ts';
import { publicChat } from './public-chat.ts';
import { uploads } from './uploads.ts';
import { usage } from './usage.ts';

/** Every endpoint there is, by feature. */
export const contract = { auth, organizations, apiKeys, uploads, knowledge, bots, publicChat, models, audit, usage, openai };
export type Contract = typeof contract;

export { AuditReport } from './audit.ts';
export { Account } from './auth.ts';
export { ANSWER_STYLES, type Bot, BotSettings, Change, ModelChoice, Slug, TONES } from './bots.ts';
export { AnswerEvent, Ask, Citation, CitedPassage, FEEDBACK_REASONS, Feedback, Turn } from './conversations.ts';
export { type Access, type AuditAction, type Call, type Endpoint, endpoint, type Input, type Output } from './endpoint.ts';
export { COMMON_FAILURES, ERRORS, ErrorBody, type ErrorCode, type ErrorDetails, errorMessage } from './errors.ts';
export * from './ids.ts';
export { DOCUMENT_STATES, Document, KnowledgeBase, Passage, READ_FAILURES } from './knowledge.ts';
export { LIMITS, RATES, type RateClass } from './limits.ts';
export { hasPermission, PERMISSIONS, type Permission, permissionsOf, ROLES, type Role } from './permissions.ts';
export { METERS, type Meter } from './usage.ts';
