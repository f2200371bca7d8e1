/** The parts of an answer. Names and shapes are those of mdast, as far as answers have them. */

export type Align = 'left' | 'center' | 'right' | null;

export type Inline =
  | { type: 'text'; value: string }
  | { type: 'inlineCode'; value: string }
  | { type: 'break' }
  | { type: 'image'; alt: string }
  | { type: 'emphasis' | 'strong' | 'delete'; children: Inline[] }
  | { type: 'link'; url: string; children: Inline[] };

export interface ListItem {
  /** Of a task; `null` where it is none. */
  checked: boolean | null;
  children: BlockNode[];
}

export type BlockNode =
  | { type: 'paragraph' | 'heading'; children: Inline[] }
  | { type: 'code'; value: string }
  | { type: 'thematicBreak' }
  | { type: 'blockquote'; children: BlockNode[] }
  | { type: 'list'; ordered: boolean; start: number; spread: boolean; children: ListItem[] }
  | { type: 'table'; align: Align[]; rows: Inline[][][] };
