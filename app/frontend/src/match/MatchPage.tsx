import { useState } from "react";
import { api, type Schemas } from "../api/client";
import { useAnswer } from "../api/useAnswer";
import { Page } from "../app/Page";
import { Link } from "../app/router";
import { count } from "../careers/words";
import { CompareTray } from "../compare/CompareTray";
import { type KeptProfile, type Preferences, preferences, profile, skills } from "../stored/documents";
import { useStored } from "../stored/store";
import { focusSoon } from "../ui/focus";
import { Empty, Failure, Waiting } from "../ui/Notice";
import "../explorer/explorer.css";
import "./match.css";
import { MatchCard } from "./MatchCard";
import { Wishes } from "./Wishes";

/** As many as one reads about, and as many as there are for who wants more. */
const atFirst = 8;
const all = 24;

export default function MatchPage() {
  const kept = useStored(profile);
  if (kept) return <Matched kept={kept} />;
  return (
    <Page title="Careers that fit you">
      <Empty title="First, your interests">
        <p>Matches start from the shape of your interests. The assessment takes about eight minutes.</p>
        <Link to="/assessment" className="button strong">
          To the assessment
        </Link>
      </Empty>
    </Page>
  );
}

/** Leaves out what was not wished for: the API reads an absent wish as no wish. */
export function requestOf(kept: KeptProfile, wishes: Preferences, skillNames: string[]): Schemas["MatchRequest"] {
  const { educationMax, payMin, growth, fields, context, strict } = wishes;
  const sides = Object.fromEntries(Object.entries(context).filter(([, value]) => value !== 0));
  const wanted = {
    ...(educationMax && { educationMax }),
    ...(payMin > 0 && { payMin }),
    ...(growth.length > 0 && { growth }),
    ...(fields.length > 0 && { fields }),
    ...(Object.keys(sides).length > 0 && { context: sides }),
  };
  return {
    scores: kept.scores,
    ...(Object.keys(wanted).length > 0 && { preferences: wanted }),
    ...(skillNames.length > 0 && { skills: skillNames }),
    strict,
    limit: all,
  };
}

function Matched({ kept }: { kept: KeptProfile }) {
  const [shown, setShown] = useState(atFirst);
  const wishes = useStored(preferences);
  const own = useStored(skills).filter(({ level }) => level > 0);
  const request = requestOf(
    kept,
    wishes,
    own.map(({ name }) => name),
  );
  const { value, error, waiting, retry } = useAnswer(`match/${JSON.stringify(request)}`, (signal) => api.match(request, signal), { pause: 250 });

  return (
    <Page title="Careers that fit you" lead="Ranked by your interests, and by what you wish for and can do if you say so. Each says what speaks for it, and what against.">
      <div className="beside matched">
        <Wishes />
        <section className="stack" aria-label="Matches">
          <p className={waiting && value ? "quiet numbers stale" : "quiet numbers"} role="status">
            {waiting && !value ? "Matching …" : value && !error ? `The best ${value.matches.length} of ${count(value.total, "career")}` : ""}
          </p>
          {error !== undefined && <Failure error={error} retry={retry} />}
          {waiting && !value && <Waiting>One moment</Waiting>}
          {!error && value?.matches.length === 0 && (
            <Empty title="Nothing meets all of your wishes">
              <p>Untick “Leave out what does not meet them”, or wish for a little less.</p>
            </Empty>
          )}
          {!error && value && (
            <ol className="plain stack" aria-busy={waiting}>
              {value.matches.slice(0, shown).map((match, i) => (
                <li key={match.career.id} id={`match-${i}`} tabIndex={-1}>
                  <MatchCard match={match} />
                </li>
              ))}
            </ol>
          )}
          {!error && value && value.matches.length > shown && (
            <button
              type="button"
              className="button"
              onClick={() => {
                setShown(all);
                focusSoon(`#match-${atFirst}`);
              }}
            >
              Show the other {value.matches.length - shown}
            </button>
          )}
        </section>
      </div>
      <CompareTray />
    </Page>
  );
}
