import { splitSentences } from '../sentences.ts';
// Placeholder while the real one is being written.
export function groundedAnswer(request: {
  question: string;
  questionVector?: Float32Array;
  passages: { id: string; title: string; text: string; headings: string[]; sentenceVectors?: Int8Array }[];
}): { abstain: boolean; confidence: number; quotes: { passage: string; start: number; end: number }[] } {
  const [first] = request.passages;
  const [sentence] = first ? splitSentences(first.text) : [];
  return first && sentence
    ? { abstain: false, confidence: 1, quotes: [{ passage: first.id, ...sentence }] }
    : { abstain: true, confidence: 0, quotes: [] };
}
