import * as z from 'zod';
import { InWorkspace, Name, Page, pageOf, Time } from './common.ts';
import { endpoint } from './endpoint.ts';
import { idSchema } from './ids.ts';
import { LIMITS } from './limits.ts';

/** `queued` and `reading` are under way; `ready` can be answered from by words, by meaning too once `embedded` reaches `passages`. */
export const DOCUMENT_STATES = ['queued', 'reading', 'ready', 'failed', 'cancelled'] as const;
export const READ_FAILURES = [
  'empty',
  'no_text',
  'encrypted',
  'corrupt',
  'archive_bomb',
  'too_large',
  'wrong_type',
  'unsupported',
  'timeout',
  'memory',
  'crashed',
  'unreachable',
  'private_address',
] as const;

export const KnowledgeBase = z.object({
  id: idSchema('knowledgeBase'),
  name: z.string(),
  documents: z.number().int(),
  passages: z.number().int(),
  /** Passages that can be found by meaning as well. */
  embedded: z.number().int(),
  createdAt: Time,
});

export const Document = z.object({
  id: idSchema('document'),
  /** The file's name, the page's address, or the title of a pasted text. */
  name: z.string(),
  source: z.enum(['upload', 'paste', 'page']),
  /** Rises by one each time the same file is added with other content. */
  version: z.number().int(),
  sizeBytes: z.number().int(),
  state: z.enum(DOCUMENT_STATES),
  failure: z.enum(READ_FAILURES).optional(),
  /** How far reading has come, in `unit`s. */
  progress: z.object({ done: z.number(), total: z.number(), unit: z.string() }).optional(),
  passages: z.number().int(),
  embedded: z.number().int(),
  pages: z.number().int().optional(),
  /** Whether the caller may delete it. */
  own: z.boolean(),
  addedAt: Time,
});

export const Passage = z.object({
  ordinal: z.number().int(),
  text: z.string(),
  /** Offsets into the document's text, in UTF-16 units. */
  start: z.number().int(),
  end: z.number().int(),
  headings: z.array(z.string()),
  page: z.number().int().optional(),
});

const InKnowledge = InWorkspace.extend({ knowledge: idSchema('knowledgeBase') });
const InDocument = InKnowledge.extend({ document: idSchema('document') });
const refused = ['not_found', 'not_allowed'] as const;
const base = '/v1/organizations/:org/workspaces/:workspace/knowledge';

export const knowledge = {
  list: endpoint({
    method: 'GET',
    path: base,
    summary: 'Knowledge bases of the workspace',
    access: 'data.read',
    rate: 'read',
    audit: null,
    failures: ['not_found'],
    params: InWorkspace,
    response: z.array(KnowledgeBase),
  }),
  create: endpoint({
    method: 'POST',
    path: base,
    summary: 'Make a knowledge base',
    access: 'knowledge.edit',
    rate: 'write',
    audit: 'knowledge.created',
    failures: refused,
    params: InWorkspace,
    body: z.object({ name: Name }),
    response: KnowledgeBase,
  }),
  get: endpoint({
    method: 'GET',
    path: `${base}/:knowledge`,
    summary: 'One knowledge base with its counts',
    access: 'data.read',
    rate: 'read',
    audit: null,
    failures: ['not_found'],
    params: InKnowledge,
    response: KnowledgeBase,
  }),
  rename: endpoint({
    method: 'PATCH',
    path: `${base}/:knowledge`,
    summary: 'Rename a knowledge base',
    access: 'knowledge.edit',
    rate: 'write',
    audit: 'knowledge.renamed',
    failures: refused,
    params: InKnowledge,
    body: z.object({ name: Name }),
    response: KnowledgeBase,
  }),
  delete: endpoint({
    method: 'DELETE',
    path: `${base}/:knowledge`,
    summary: 'Delete a knowledge base with its documents; bots answer without them at once',
    access: 'knowledge.edit',
    rate: 'write',
    audit: 'knowledge.deleted',
    failures: refused,
    params: InKnowledge,
  }),
  documents: endpoint({
    method: 'GET',
    path: `${base}/:knowledge/documents`,
    summary: 'Documents with stage and progress, newest first',
    access: 'data.read',
    rate: 'read',
    audit: null,
    failures: ['not_found'],
    params: InKnowledge,
    query: Page,
    response: pageOf(Document),
  }),
  add: endpoint({
    method: 'POST',
    path: `${base}/:knowledge/documents`,
    summary:
      'Add a document from a finished upload, pasted text or one web page. The same file again makes a new version, or nothing if it is unchanged',
    access: 'documents.add',
    rate: 'upload',
    audit: 'document.added',
    failures: [...refused, 'upload_incomplete', 'too_large', 'private_address', 'address_unreachable'],
    params: InKnowledge,
    body: z.discriminatedUnion('source', [
      z.object({ source: z.literal('upload'), upload: idSchema('upload') }),
      z.object({ source: z.literal('paste'), title: Name, text: z.string().min(1).max(LIMITS.pastedTextLength) }),
      z.object({ source: z.literal('page'), url: z.url({ protocol: /^https?$/ }).max(2_000) }),
    ]),
    response: Document.extend({ unchanged: z.boolean() }),
  }),
  document: endpoint({
    method: 'GET',
    path: `${base}/:knowledge/documents/:document`,
    summary: 'One document',
    access: 'data.read',
    rate: 'read',
    audit: null,
    failures: ['not_found'],
    params: InDocument,
    response: Document,
  }),
  retry: endpoint({
    method: 'POST',
    path: `${base}/:knowledge/documents/:document/retry`,
    summary: 'Read a failed or cancelled document again',
    access: 'documents.add',
    rate: 'write',
    audit: 'document.retried',
    failures: refused,
    params: InDocument,
    response: Document,
  }),
  cancel: endpoint({
    method: 'POST',
    path: `${base}/:knowledge/documents/:document/cancel`,
    summary: 'Stop reading a document',
    access: 'documents.add',
    rate: 'write',
    audit: 'document.cancelled',
    failures: refused,
    params: InDocument,
    response: Document,
  }),
  deleteDocument: endpoint({
    method: 'DELETE',
    path: `${base}/:knowledge/documents/:document`,
    summary: 'Delete a document; it leaves answers at once',
    access: 'documents.add',
    rate: 'write',
    audit: 'document.deleted',
    failures: refused,
    params: InDocument,
  }),
  passages: endpoint({
    method: 'GET',
    path: `${base}/:knowledge/documents/:document/passages`,
    summary: 'Passages in reading order; their texts joined are the document’s text',
    access: 'data.read',
    rate: 'read',
    audit: 'document.read',
    failures: ['not_found'],
    params: InDocument,
    query: z.object({
      from: z.coerce.number().int().min(0).default(0),
      limit: z.coerce.number().int().min(1).max(LIMITS.pageSize).default(50),
    }),
    response: z.object({ items: z.array(Passage), total: z.number().int() }),
  }),
  original: endpoint({
    method: 'GET',
    path: `${base}/:knowledge/documents/:document/original`,
    summary: 'The file as it was added',
    access: 'data.read',
    rate: 'read',
    audit: 'document.downloaded',
    failures: ['not_found'],
    params: InDocument,
    download: true,
  }),
  search: endpoint({
    method: 'POST',
    path: `${base}/:knowledge/search`,
    summary: 'Passages ranked for a question, with the parts of each score',
    access: 'ai.invoke',
    rate: 'invoke',
    audit: 'knowledge.searched',
    failures: [...refused, 'question_empty'],
    params: InKnowledge,
    body: z.object({
      text: z.string().max(LIMITS.questionLength),
      limit: z.number().int().min(1).max(50).default(10),
      /** The part of a hit that orders them: to compare words, meaning and both. */
      rankBy: z.enum(['score', 'words', 'meaning']).default('score'),
    }),
    response: z.object({
      hits: z.array(
        z.object({
          document: idSchema('document'),
          documentName: z.string(),
          passage: Passage,
          /** All from 0 to 1, within this search. */
          score: z.number(),
          words: z.number(),
          meaning: z.number(),
        }),
      ),
      milliseconds: z.number(),
    }),
  }),
};
