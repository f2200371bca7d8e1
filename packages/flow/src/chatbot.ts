import * as z from 'zod';
import { type Flow, FlowEnvelope, type FlowNode, Look, NODE_CONFIGS } from './graph.ts';
import { diffValues } from './values.ts';

const { welcome, name } = FlowEnvelope.shape;
const answer = NODE_CONFIGS.answer.shape;

/** The form of a chatbot: what its flow holds, without the graph. */
export const ChatbotSettings = z.object({
  name,
  instructions: answer.instructions.default(''),
  greeting: welcome.shape.greeting.default(''),
  suggestedQuestions: welcome.shape.suggestedQuestions.default([]),
  tone: answer.tone.default('neutral'),
  language: answer.language.default('auto'),
  knowledgeBases: NODE_CONFIGS.search.shape.knowledgeBases.default([]),
  model: answer.model.default('grounded'),
  answerStyle: answer.style.default('balanced'),
  whenUnsure: answer.whenUnsure.default(''),
  look: z.object({ colour: Look.shape.colour.default('#00717a'), title: Look.shape.title.default('') }).prefault({}),
  maxOutputTokens: answer.maxOutputTokens.default(1_024),
  temperature: answer.temperature.default(0.2),
});
export type ChatbotSettings = z.output<typeof ChatbotSettings>;

/** How much a chatbot reads before it answers. */
const SEARCH = { limit: 8, minimumScore: 0 } as const;

/** The flow that a chatbot's form stands for: start, search (when it has knowledge), answer, end. */
export function chatbotFlow(settings: ChatbotSettings): Flow {
  const { name, greeting, suggestedQuestions, look, knowledgeBases, answerStyle: style, ...rest } = settings;
  const search: FlowNode[] = knowledgeBases.length > 0 ? [{ id: 'search', kind: 'search', config: { knowledgeBases, ...SEARCH } }] : [];
  const nodes: FlowNode[] = [
    { id: 'start', kind: 'start', config: {} },
    ...search,
    { id: 'answer', kind: 'answer', config: { ...rest, style } },
    { id: 'end', kind: 'end', config: {} },
  ];
  const edges = nodes.slice(1).map(({ id }, index) => ({ from: nodes[index]?.id ?? '', to: id, branch: 'next' as const }));
  return { schema: 1, name, welcome: { greeting, suggestedQuestions }, look, nodes, edges };
}

/** Reads the form back from a flow; undefined when the flow holds more than a form can show. */
export function chatbotSettings(flow: Flow): ChatbotSettings | undefined {
  const answerNode = flow.nodes.find((node) => node.kind === 'answer');
  if (!answerNode) return undefined;
  const { style: answerStyle, ...rest } = answerNode.config;
  const knowledgeBases = flow.nodes.find((node) => node.kind === 'search')?.config.knowledgeBases ?? [];
  const settings = { name: flow.name, ...flow.welcome, look: flow.look, knowledgeBases, answerStyle, ...rest };
  return diffValues(chatbotFlow(settings), flow).length === 0 ? settings : undefined;
}
