import type { ReactNode } from "react";
import type { Career, Comparison } from "../api/client";
import { Link } from "../app/router";
import { Kinds } from "../careers/Kinds";
import { contextDegrees, contextSides, contextWords, entryWords, growthWords, lawWords, levelWords, payBasis, payRange } from "../careers/words";
import { Pips } from "../ui/Bar";
import { Icon } from "../ui/Icon";
import { InterestMap } from "../ui/InterestMap";

function Row({ name, careers, cell }: { name: string; careers: Career[]; cell: (career: Career, index: number) => ReactNode }) {
  return (
    <tr role="row">
      <th scope="row" role="rowheader">
        <span>{name}</span>
      </th>
      {careers.map((career, i) => (
        <td key={career.id} role="cell">
          {cell(career, i)}
        </td>
      ))}
    </tr>
  );
}

function Part({ name, careers, children }: { name: string; careers: Career[]; children: ReactNode }) {
  return (
    <tbody role="rowgroup">
      <tr className="part" role="row">
        <th scope="rowgroup" role="rowheader" colSpan={careers.length + 1}>
          <span>{name}</span>
        </th>
      </tr>
      {children}
    </tbody>
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

/**
 * On a phone the name of a row stands above its cells, so that two careers fit side by side; more scroll in their own region, which the keyboard
 * can reach. The roles are said once more because a table that is laid out as a grid may lose them.
 */
export function CompareTable({ comparison: { careers, skills }, remove }: { comparison: Comparison; remove: (id: string) => void }) {
  return (
    <div className="stack">
      <div className="wide-table" role="region" aria-label="Comparison" tabIndex={0}>
        <table role="table" className={`careers-${careers.length}`}>
          <thead role="rowgroup">
            <tr role="row">
              <td role="cell" />
              {careers.map(({ id, title }) => (
                <th key={id} scope="col" role="columnheader">
                  <Link to={`/careers/${id}`}>{title}</Link>
                  <button type="button" className="button bare" onClick={() => remove(id)}>
                    <Icon name="close" />
                    <span className="unseen">Take {title} out</span>
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody role="rowgroup">
            <Row name="In short" careers={careers} cell={({ summary }) => summary} />
            <Row
              name="Interests"
              careers={careers}
              cell={({ interests, riasec }) => (
                <div className="shape">
                  <InterestMap scores={riasec} names={false} />
                  <Kinds code={interests} />
                </div>
              )}
            />
            <Row name="Pay a year" careers={careers} cell={({ pay }) => <strong className="numbers">{payRange(pay)}</strong>} />
            <Row name="The usual way in" careers={careers} cell={({ education }) => education} />
            <Row name="Time and cost of it" careers={careers} cell={({ entry }) => entryWords(entry)} />
            <Row name="What the law asks for" careers={careers} cell={({ entry }) => lawWords(entry) ?? "Nothing"} />
            <Row name="Outlook" careers={careers} cell={({ growth }) => growthWords[growth]} />
            <Row name="A day" careers={careers} cell={({ day }) => day} />
          </tbody>
          <Part name="Skills" careers={careers}>
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
          </Part>
          <Part name="How the work is" careers={careers}>
            {contextSides.map((side) => (
              <Row key={side} name={contextWords[side]} careers={careers} cell={({ context }) => <Degree value={context[side]} most={4} words={contextDegrees[context[side]] ?? ""} />} />
            ))}
          </Part>
        </table>
      </div>
      {careers[0] && <p className="small quiet">Pay: {payBasis(careers[0].pay)}</p>}
    </div>
  );
}
