import type { Handlers } from '../../http/mount.ts';
import { askBot, type Ports as ConversationPorts, listConversationsOf, previewBot, readConversation } from '../conversations/index.ts';
import { deployBot, listChannels } from './deployments.ts';
import { changeBot, createBot, getBot, listBots, removeBot } from './drafts.ts';
import { getVersion, listPublished, publishBot, rollBack } from './versions.ts';

export function botRoutes(ports: ConversationPorts): Handlers<'bots'> {
  return {
    list: (scope, { params }) => listBots(ports, scope, params.workspace),
    create: (scope, { params, body }) => createBot(ports, scope, params.workspace, body),
    get: (scope, { params }) => getBot(ports, scope, params.workspace, params.bot),
    change: (scope, { params, body }) => changeBot(ports, scope, params.workspace, params.bot, body),
    delete: (scope, { params }) => removeBot(ports, scope, params.workspace, params.bot),
    preview: (scope, { params, body }) => previewBot(ports, scope, params.workspace, params.bot, body),
    ask: (scope, { params, body }) => askBot(ports, scope, params.workspace, params.bot, body),
    publish: (scope, { params, body }) => publishBot(ports, scope, params.workspace, params.bot, body),
    versions: (scope, { params }) => listPublished(ports, scope, params.workspace, params.bot),
    version: (scope, { params, query }) => getVersion(ports, scope, params.workspace, params.bot, params.version, query.against),
    rollBack: (scope, { params }) => rollBack(ports, scope, params.workspace, params.bot, params.version),
    deployments: (scope, { params }) => listChannels(ports, scope, params.workspace, params.bot),
    deploy: (scope, { params, body }) => deployBot(ports, scope, params.workspace, params.bot, params.channel, body),
    conversations: (scope, { params, query }) => listConversationsOf(scope, params.workspace, params.bot, query),
    conversation: (scope, { params }) => readConversation(ports, scope, params.workspace, params.bot, params.conversation),
  };
}
