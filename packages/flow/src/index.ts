export { ChatbotSettings, chatbotFlow, chatbotSettings } from './chatbot.ts';
export { checkFlow, type Problem, type ProblemCode } from './check.ts';
export { diffFlows } from './diff.ts';
export { ANSWER_STYLES, type Edge, FLOW_LIMITS, type Flow, type FlowNode, type NodeKind, TONES } from './graph.ts';
export type {
  AnswerEvent,
  AnswerRequest,
  Asked,
  Citation,
  Clock,
  FlowEvent,
  Outcome,
  Passage,
  Ports,
  RunState,
  SearchRequest,
  Step,
  Trace,
  Turn,
} from './run/ports.ts';
export { FlowError, type RunLimits, type RunOptions, runFlow } from './run/run.ts';
export type { Change } from './values.ts';
