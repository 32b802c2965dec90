import { memo, type ReactNode } from "react";
import { type Block, blocksOf } from "./blocks";
import { inline } from "./inline";

const keyed = (nodes: ReactNode[]): ReactNode => nodes.map((node, i) => <Piece key={i}>{node}</Piece>);

function Piece({ children }: { children: ReactNode }) {
  return <>{children}</>;
}

function draw(block: Block): ReactNode {
  switch (block.kind) {
    case "paragraph":
      return <p>{inline(block.text)}</p>;
    case "heading":
      return <h3>{inline(block.text)}</h3>;
    case "code":
      return (
        <pre tabIndex={0}>
          <code>{block.text}</code>
        </pre>
      );
    case "quote":
      return <blockquote>{keyed(block.blocks.map(draw))}</blockquote>;
    case "list": {
      // A single paragraph in an item needs no paragraph's space.
      const items = block.items.map((blocks, i) => <li key={i}>{keyed(blocks.map((one, j) => (j === 0 && one.kind === "paragraph" ? inline(one.text) : draw(one))))}</li>);
      return block.ordered ? <ol start={block.start}>{items}</ol> : <ul>{items}</ul>;
    }
    case "table":
      return (
        <div className="wide" role="region" aria-label="Table" tabIndex={0}>
          <table>
            <thead>
              <tr>
                {block.head.map((cell, i) => (
                  <th key={i} scope="col">
                    {inline(cell)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {block.rows.map((row, i) => (
                <tr key={i}>
                  {row.map((cell, j) => (
                    <td key={j}>{inline(cell)}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      );
  }
}

/** What is being written, or was cut, may end in half a link, which is its words, or in a list's sign that nothing follows yet. */
const withoutHalves = (text: string) => text.replace(/\[([^\][]*)(?:\]\([^()\s]*)?$/, "$1").replace(/(?:^|\n)[ \t]*(?:[-*+]|\d{1,9}\.)[ \t]*$/, "");

/** What a model wrote. It is never HTML here: React makes text of all that is not one of our own elements. */
export const Markdown = memo(function Markdown({ text }: { text: string }) {
  return <div className="prose">{keyed(blocksOf(withoutHalves(text)).map(draw))}</div>;
});
