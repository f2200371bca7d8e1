export { AUDIT_FORMATS, AUDIT_RETENTION, AuditReport, NewSink, SINK_FAILURES } from './audit.ts';
export {
  AUDIT_EXPORT_FORMAT,
  AuditLine,
  auditCheckpointText,
  auditEndText,
  auditEntryText,
  auditKeyText,
  CheckpointChains,
  type ExportedEntry,
} from './audit-export.ts';
export { Account } from './auth.ts';
export { ANSWER_STYLES, BOT_DEFAULTS, TONES } from './bot-defaults.ts';
export { type Bot, BotSettings, Change, ModelChoice, Slug } from './bots.ts';
export { UNFIT } from './common.ts';
export { type Contract, contract } from './contract.ts';
export { AnswerEvent, Ask, Citation, CitedPassage, FEEDBACK_REASONS, Feedback, Turn } from './conversations.ts';
export { Assertion, Registration, SECOND_FACTORS } from './credentials.ts';
export { deviceName } from './device-name.ts';
export { DOMAIN_FINDINGS, DOMAIN_STATES } from './domains.ts';
export { type Access, type AuditAction, type Call, type Endpoint, endpoint, type Input, type Output } from './endpoint.ts';
export { ErrorCode } from './error-codes.ts';
export { COMMON_FAILURES, ERRORS, ErrorBody, type ErrorDetails, errorMessage } from './errors.ts';
export { Mapping, Provisioning } from './group-map.ts';
export * from './ids.ts';
export { DOCUMENT_STATES, Document, KnowledgeBase, Passage, READ_FAILURES } from './knowledge.ts';
export { FRESH_MS, LIMITS, RATE_OF_ORGANIZATION, RATES, type RateClass } from './limits.ts';
export { renderOpenApi } from './openapi.ts';
export { OrganizationReceipt, organizationReceiptBytes, SignedOrganizationReceipt } from './organization-receipt.ts';
export { hasPermission, narrower, PERMISSIONS, type Permission, permissionsOf, ROLES, type Role, widest } from './permissions.ts';
export { LOCK_REASONS, MFA_SCOPES, POLICY_WAYS, Policies, REFUSING_POLICIES, SSO_NEEDS } from './policies.ts';
export {
  KeysState,
  Receipt,
  ROOT_KEY_SOURCES,
  ROTATION_PROBLEMS,
  type RootKeySourceKind,
  type RotationProblem,
  receiptBytes,
  SignedReceipt,
} from './privacy.ts';
export type { ScimTokenView } from './scim.ts';
export {
  type Attempt,
  CERTIFICATE_OWNERS,
  CERTIFICATE_WARNING_DAYS,
  type CertificateOwner,
  type ChangedProtocol,
  CONNECTION_KINDS,
  CONNECTION_STATES,
  type ConnectionKind,
  DirectorySync,
  type NewConnection,
  SSO_PRODUCTS,
  type SsoConnection,
  type SsoProduct,
} from './sso.ts';
export { SSO_CHECKS, SsoCheckName } from './sso-checks.ts';
export { LdapSecrets, LdapSettings, SamlSecrets, SamlSettings } from './sso-directories.ts';
export { type JwtSecrets, JwtSettings, type OidcSecrets, OidcSettings, TOKEN_ALGORITHMS } from './sso-kinds.ts';
export {
  LIMITED,
  type Limited,
  METERS,
  type Meter,
  SPENDERS,
  type SpenderKind,
  SpendingLimit,
  SpendingRules,
} from './usage.ts';
