import type { Check } from "../api/client";

const order = { problem: 0, improve: 1, info: 2, good: 3 } as const;
const words = { problem: "Mend this", improve: "Could be better", info: "To know", good: "Good" } as const;

/** Findings on a person's own text, the gravest first. Their evidence is that text: shown, never interpreted. */
export function Checks({ checks }: { checks: readonly Check[] }) {
  return (
    <ul className="checks plain">
      {[...checks]
        .sort((a, b) => order[a.status] - order[b.status])
        .map(({ id, title, status, detail, advice, evidence }) => (
          <li key={id} className={`check ${status}`}>
            <p className="verdict small">{words[status]}</p>
            <div className="stack">
              <h3>{title}</h3>
              <p>{detail}</p>
              {advice && <p>{advice}</p>}
              {evidence && evidence.length > 0 && (
                <ul className="evidence small" aria-label="From your text">
                  {evidence.map((piece, i) => (
                    <li key={i}>{piece}</li>
                  ))}
                </ul>
              )}
            </div>
          </li>
        ))}
    </ul>
  );
}
