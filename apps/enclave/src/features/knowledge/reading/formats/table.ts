import type { DocumentFormat, FormatReader } from './format.ts';

/** One reader for each format, loaded when a document needs it. */
export const READERS: Readonly<Record<DocumentFormat, () => Promise<FormatReader>>> = {
  pdf: async () => (await import('./pdf.ts')).readPdf,
  docx: async () => (await import('./docx.ts')).readDocx,
  pptx: async () => (await import('./pptx.ts')).readPptx,
  xlsx: async () => (await import('./xlsx.ts')).readXlsx,
  csv: async () => (await import('./csv.ts')).readCsv,
  html: async () => (await import('./html.ts')).readHtml,
  json: async () => (await import('./json.ts')).readJson,
  epub: async () => (await import('./epub.ts')).readEpub,
  eml: async () => (await import('./eml.ts')).readEml,
  md: async () => (await import('./markdown.ts')).readMarkdown,
  txt: async () => (await import('./plain.ts')).readPlain,
};
