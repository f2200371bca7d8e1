// biome-ignore-all lint/suspicious/noArrayIndexKey: text only grows at its end, so the place of a node is its key
import { Fragment, memo, type ReactNode, useRef } from 'react';
import { type Blocks, NO_BLOCKS, readBlocks } from './blocks.ts';
import { CodeBlock } from './CodeBlock.tsx';
import { safeLink } from './links.ts';
import type { Align, BlockNode, Inline, ListItem } from './nodes.ts';

/** Puts a citation in the place of `[1]`; returns undefined where the number means nothing. */
export type RenderCitation = (number: number) => ReactNode | undefined;

/** An answer's Markdown as elements of the kinds listed below. HTML in it is shown as text, images are not loaded, links name their host. */
export function Markdown({ text, cite }: { text: string; cite: RenderCitation }) {
  const blocks = useRef<Blocks>(NO_BLOCKS);
  blocks.current = readBlocks(blocks.current, text);
  return (
    <div dir="auto" className="prose-answer">
      {[...blocks.current.closed, ...blocks.current.open].map((node, index) => (
        <BlockView key={index} node={node} cite={cite} />
      ))}
    </div>
  );
}

const BlockView = memo(function BlockView({ node, cite }: { node: BlockNode; cite: RenderCitation }) {
  return renderBlock(node, cite);
});

function renderBlock(node: BlockNode, cite: RenderCitation): ReactNode {
  switch (node.type) {
    case 'paragraph':
      return <p>{renderInline(node.children, cite)}</p>;
    case 'heading':
      // Headings inside an answer stand below the page's own, whatever level the text claims.
      return <p className="font-semibold">{renderInline(node.children, cite)}</p>;
    case 'code':
      return <CodeBlock text={node.value} />;
    case 'thematicBreak':
      return <hr />;
    case 'blockquote':
      return <blockquote>{renderBlocks(node.children, cite)}</blockquote>;
    case 'list': {
      const items = node.children.map((item, index) => <li key={index}>{renderItem(item, node.spread, cite)}</li>);
      return node.ordered ? <ol start={node.start}>{items}</ol> : <ul>{items}</ul>;
    }
    case 'table':
      return <TableView align={node.align} rows={node.rows} cite={cite} />;
  }
}

function renderBlocks(nodes: readonly BlockNode[], cite: RenderCitation): ReactNode {
  return nodes.map((node, index) => <Fragment key={index}>{renderBlock(node, cite)}</Fragment>);
}

function renderItem({ checked, children }: ListItem, spread: boolean, cite: RenderCitation): ReactNode {
  return (
    <>
      {checked !== null && <input type="checkbox" checked={checked} readOnly disabled />}
      {children.map((child, index) => (
        <Fragment key={index}>
          {!spread && child.type === 'paragraph' ? renderInline(child.children, cite) : renderBlock(child, cite)}
        </Fragment>
      ))}
    </>
  );
}

function renderInline(nodes: readonly Inline[], cite: RenderCitation): ReactNode {
  return nodes.map((node, index) => <Fragment key={index}>{renderPart(node, cite)}</Fragment>);
}

function renderPart(node: Inline, cite: RenderCitation): ReactNode {
  switch (node.type) {
    case 'text':
      return citeText(node.value, cite);
    case 'inlineCode':
      return <code dir="ltr">{node.value}</code>;
    case 'break':
      return <br />;
    case 'image':
      return node.alt ? `[${node.alt}]` : null;
    case 'emphasis':
      return <em>{renderInline(node.children, cite)}</em>;
    case 'strong':
      return <strong>{renderInline(node.children, cite)}</strong>;
    case 'delete':
      return <del>{renderInline(node.children, cite)}</del>;
    case 'link':
      return <LinkView node={node} cite={cite} />;
  }
}

function LinkView({ node, cite }: { node: Extract<Inline, { type: 'link' }>; cite: RenderCitation }) {
  const link = safeLink(node.url);
  const words = renderInline(node.children, cite);
  if (!link) return words;
  const [only] = node.children;
  const isNamed = node.children.length === 1 && only?.type === 'text' && only.value.includes(link.host);
  return (
    <a href={link.href} target="_blank" rel="noopener noreferrer">
      {words}
      {!isNamed && <bdi> ({link.host})</bdi>}
    </a>
  );
}

function citeText(text: string, cite: RenderCitation): ReactNode {
  const parts = text.split(/\[(\d{1,3})\]/);
  if (parts.length === 1) return text;
  return parts.map((part, index) => {
    if (index % 2 === 0) return part;
    return <Fragment key={index}>{cite(Number(part)) ?? `[${part}]`}</Fragment>;
  });
}

const ALIGN: Record<string, string> = { center: 'text-center', right: 'text-end' };
const alignClass = (align: Align | undefined) => (align ? ALIGN[align] : undefined);

function TableView({ align, rows, cite }: { align: readonly Align[]; rows: readonly Inline[][][]; cite: RenderCitation }) {
  const [head = [], ...body] = rows;
  return (
    // A wide table scrolls by itself, and can be reached to do so.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard (axe scrollable-region-focusable)
    <div className="overflow-x-auto" tabIndex={0}>
      <table>
        <thead>
          <tr>
            {head.map((cell, column) => (
              <th key={column} scope="col" className={alignClass(align[column])}>
                {renderInline(cell, cite)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {body.map((row, index) => (
            <tr key={index}>
              {row.map((cell, column) => (
                <td key={column} className={alignClass(align[column])}>
                  {renderInline(cell, cite)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
