// biome-ignore-all lint/suspicious/noArrayIndexKey: text only grows at its end, so the place of a node is its key
import type { AlignType, Nodes, PhrasingContent, RootContent, Table } from 'mdast';
import { Fragment, memo, type ReactNode, useRef } from 'react';
import { type Block, type Blocks, NO_BLOCKS, readBlocks, sourceOf } from './blocks.ts';
import { CodeBlock } from './CodeBlock.tsx';
import { safeLink } from './links.ts';

/** Puts a citation in the place of `[1]`; returns undefined where the number means nothing. */
export type RenderCitation = (number: number) => ReactNode | undefined;

interface Context {
  source: string;
  cite: RenderCitation;
}

/** An answer's Markdown as elements of the kinds listed below. HTML in it is shown as text, images are not loaded, links name their host. */
export function Markdown({ text, cite }: { text: string; cite: RenderCitation }) {
  const blocks = useRef<Blocks>(NO_BLOCKS);
  blocks.current = readBlocks(blocks.current, text);
  return (
    <div dir="auto" className="prose-answer">
      {[...blocks.current.closed, ...blocks.current.open].map((block, index) => (
        <BlockView key={index} block={block} cite={cite} />
      ))}
    </div>
  );
}

const BlockView = memo(function BlockView({ block, cite }: { block: Block; cite: RenderCitation }) {
  return renderNode(block.node, { source: block.source, cite });
});

type Renderers = { [K in Nodes['type']]?: (node: Extract<Nodes, { type: K }>, context: Context) => ReactNode };

const RENDERERS: Renderers = {
  paragraph: (node, context) => <p>{renderAll(node.children, context)}</p>,
  // Headings inside an answer stand below the page's own, whatever level the text claims.
  heading: (node, context) => <p className="font-semibold">{renderAll(node.children, context)}</p>,
  text: (node, context) => citeText(node.value, context.cite),
  emphasis: (node, context) => <em>{renderAll(node.children, context)}</em>,
  strong: (node, context) => <strong>{renderAll(node.children, context)}</strong>,
  delete: (node, context) => <del>{renderAll(node.children, context)}</del>,
  inlineCode: (node) => <code dir="ltr">{node.value}</code>,
  code: (node) => <CodeBlock text={node.value} />,
  break: () => <br />,
  thematicBreak: () => <hr />,
  blockquote: (node, context) => <blockquote>{renderAll(node.children, context)}</blockquote>,
  list: (node, context) => {
    const items = node.children.map((item, index) => (
      <li key={index}>
        {item.checked != null && <input type="checkbox" checked={item.checked} readOnly disabled />}
        {item.children.map((child, place) => (
          <Fragment key={place}>
            {!node.spread && child.type === 'paragraph' ? renderAll(child.children, context) : renderNode(child, context)}
          </Fragment>
        ))}
      </li>
    ));
    return node.ordered ? <ol start={node.start ?? 1}>{items}</ol> : <ul>{items}</ul>;
  },
  table: (node, context) => <TableView node={node} context={context} />,
  link: (node, context) => {
    const link = safeLink(node.url);
    const words = renderAll(node.children, context);
    if (!link) return words;
    const named = node.children.length === 1 && node.children[0]?.type === 'text' && node.children[0].value.includes(link.host);
    return (
      <a href={link.href} target="_blank" rel="noopener noreferrer">
        {words}
        {!named && <bdi> ({link.host})</bdi>}
      </a>
    );
  },
  image: (node) => (node.alt ? `[${node.alt}]` : null),
};

function renderNode(node: RootContent, context: Context): ReactNode {
  // The table is keyed by the node's own kind, which TypeScript cannot follow through an index.
  const render = RENDERERS[node.type] as ((node: RootContent, context: Context) => ReactNode) | undefined;
  return render ? render(node, context) : <span className="whitespace-pre-wrap">{nodeSource(node, context)}</span>;
}

function renderAll(nodes: readonly PhrasingContent[] | readonly RootContent[], context: Context): ReactNode {
  return nodes.map((node, index) => <Fragment key={index}>{renderNode(node, context)}</Fragment>);
}

/** Kinds that are not listed (HTML, footnotes, definitions) show the text they were written as. */
function nodeSource(node: RootContent, { source }: Context): string {
  return 'value' in node && typeof node.value === 'string' ? node.value : sourceOf(node, source);
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
const alignClass = (align: AlignType | undefined) => (align ? ALIGN[align] : undefined);

function TableView({ node, context }: { node: Table; context: Context }) {
  const [head, ...body] = node.children;
  return (
    // A wide table scrolls by itself, and can be reached to do so.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard (axe scrollable-region-focusable)
    <div className="overflow-x-auto" tabIndex={0}>
      <table>
        <thead>
          <tr>
            {head?.children.map((cell, column) => (
              <th key={column} scope="col" className={alignClass(node.align?.[column])}>
                {renderAll(cell.children, context)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {body.map((row, index) => (
            <tr key={index}>
              {row.children.map((cell, column) => (
                <td key={column} className={alignClass(node.align?.[column])}>
                  {renderAll(cell.children, context)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
