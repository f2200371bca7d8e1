import type { DocumentFormat, FormatReader } from './format.ts';

/** One reader for each format, loaded when a document needs it. */
export const READERS: Readonly<Partial<Record<DocumentFormat, () => Promise<FormatReader>>>> = {
  pdf: async () => (await import('./pdf.ts')).readPdf,
  md: async () => (await import('./markdown.ts')).readMarkdown,
  txt: async () => (await import('./plain.ts')).readPlain,
};
