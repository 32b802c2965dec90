import type { ReactNode } from "react";
import type { Career, Comparison } from "../api/client";
import { Link } from "../app/router";
import { Kinds } from "../careers/Kinds";
import { contextDegrees, contextSides, contextWords, growthWords, levelWords, payBasis, payRange } from "../careers/words";
import { Pips } from "../ui/Bar";
import { Icon } from "../ui/Icon";

function Row({ name, careers, cell }: { name: string; careers: Career[]; cell: (career: Career, index: number) => ReactNode }) {
  return (
    <tr>
      <th scope="row">{name}</th>
      {careers.map((career, i) => (
        <td key={career.id}>{cell(career, i)}</td>
      ))}
    </tr>
  );
}

function Degree({ value, most, words }: { value: number; most: number; words: string }) {
  return (
    <span className="degree">
      <Pips value={value} most={most} />
      <span className="small">{words}</span>
    </span>
  );
}

/** Wider than a phone: it scrolls in its own region, which the keyboard can reach. */
export function CompareTable({ comparison: { careers, skills }, remove }: { comparison: Comparison; remove: (id: string) => void }) {
  return (
    <div className="wide-table" role="region" aria-label="Comparison" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <td />
            {careers.map(({ id, title }) => (
              <th key={id} scope="col">
                <Link to={`/careers/${id}`}>{title}</Link>
                <button type="button" className="button bare" onClick={() => remove(id)}>
                  <Icon name="close" />
                  <span className="unseen">Take {title} out</span>
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <Row name="In short" careers={careers} cell={({ summary }) => summary} />
          <Row name="Interests" careers={careers} cell={({ interests }) => <Kinds code={interests} />} />
          <Row name="Pay a year" careers={careers} cell={({ pay }) => <strong className="numbers">{payRange(pay)}</strong>} />
          <Row name="The usual way in" careers={careers} cell={({ education }) => education} />
          <Row name="Outlook" careers={careers} cell={({ growth }) => growthWords[growth]} />
          <Row name="A day" careers={careers} cell={({ day }) => day} />
        </tbody>
        <tbody>
          <tr className="part">
            <th scope="rowgroup" colSpan={careers.length + 1}>
              Skills
            </th>
          </tr>
          {skills.map(({ name, levels }) => (
            <Row
              key={name}
              name={name}
              careers={careers}
              cell={(_, i) => {
                const level = levels[i];
                return level ? <Degree value={level} most={5} words={levelWords[level] ?? ""} /> : <span className="quiet small">not asked for</span>;
              }}
            />
          ))}
        </tbody>
        <tbody>
          <tr className="part">
            <th scope="rowgroup" colSpan={careers.length + 1}>
              How the work is
            </th>
          </tr>
          {contextSides.map((side) => (
            <Row key={side} name={contextWords[side]} careers={careers} cell={({ context }) => <Degree value={context[side]} most={4} words={contextDegrees[context[side]] ?? ""} />} />
          ))}
        </tbody>
      </table>
      {careers[0] && (
        <p className="small quiet">Pay: {payBasis(careers[0].pay)}</p>
      )}
    </div>
  );
}
