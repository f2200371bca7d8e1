// Apart from the schemas that read them, so that a screen has them without those.
export const TONES = ['neutral', 'friendly', 'formal'] as const;
export const ANSWER_STYLES = ['short', 'balanced', 'detailed'] as const;

/** What a new chatbot's form holds besides its name. */
export const BOT_DEFAULTS = {
  instructions: '',
  greeting: '',
  suggestedQuestions: [],
  tone: 'neutral',
  language: 'auto',
  knowledgeBases: [],
  model: 'grounded',
  answerStyle: 'balanced',
  whenUnsure: '',
  look: { colour: '#00717a', title: '' },
  maxOutputTokens: 1_024,
  temperature: 0.2,
} as const;
