import type { Context } from '../../context.ts';
import type { Handlers } from '../../http/mount.ts';
import type { Meter } from '../usage/index.ts';
import { addDocument } from './add-document.ts';
import { createKnowledge, deleteKnowledge, getKnowledge, listKnowledge, renameKnowledge } from './bases.ts';
import {
  cancelDocument,
  downloadOriginal,
  getDocument,
  listDocumentsOf,
  listPassages,
  removeDocument,
  retryDocument,
} from './documents.ts';
import type { Knowledge } from './index.ts';
import { searchKnowledge } from './search.ts';

export function knowledgeRoutes(context: Context & { readonly meter: Meter }, { indexes, progresses }: Knowledge): Handlers<'knowledge'> {
  const ports = { ...context, indexes, progresses };
  return {
    list: (scope, { params }) => listKnowledge(ports, scope, params.workspace),
    create: (scope, { params, body }) => createKnowledge(ports, scope, params.workspace, body.name),
    get: (scope, { params }) => getKnowledge(ports, scope, params.workspace, params.knowledge),
    rename: (scope, { params, body }) => renameKnowledge(ports, scope, params.workspace, params.knowledge, body.name),
    delete: (scope, { params }) => deleteKnowledge(ports, scope, params.workspace, params.knowledge),
    documents: (scope, { params, query }) => listDocumentsOf(ports, scope, params, query),
    add: (scope, { params, body }) => addDocument(ports, scope, params.workspace, params.knowledge, body),
    document: (scope, { params }) => getDocument(ports, scope, params, params.document),
    retry: (scope, { params }) => retryDocument(ports, scope, params, params.document),
    cancel: (scope, { params }) => cancelDocument(ports, scope, params, params.document),
    deleteDocument: (scope, { params }) => removeDocument(ports, scope, params, params.document),
    passages: (scope, { params, query }) => listPassages(ports, scope, params, params.document, query),
    original: (scope, { params }) => downloadOriginal(ports, scope, params, params.document),
    search: (scope, { params, body }) => searchKnowledge(ports, scope, params.workspace, params.knowledge, body),
  };
}
