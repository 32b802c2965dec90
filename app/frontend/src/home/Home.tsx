import { useEffect, useRef } from "react";
import type { Scores } from "../api/client";
import { hasMoved, Link } from "../app/router";
import { useConfig } from "../app/useConfig";
import { answers, profile } from "../stored/documents";
import { useStored } from "../stored/store";
import { Icon } from "../ui/Icon";
import { InterestMap } from "../ui/InterestMap";
import "./home.css";
import { Path } from "./Path";

const someone: Scores = { R: 42, I: 78, A: 90, S: 64, E: 30, C: 24 };

function FirstStep() {
  const done = useStored(profile);
  const begun = Object.keys(useStored(answers).values).length;
  if (done)
    return (
      <Link to="/matches" className="button strong">
        See your matches <Icon name="arrow" />
      </Link>
    );
  return (
    <Link to={begun > 0 ? "/assessment/questions" : "/assessment"} className="button strong">
      {begun > 0 ? "Go on with the assessment" : "Find your interests"} <Icon name="arrow" />
    </Link>
  );
}

export default function Home() {
  const kept = useStored(profile);
  const { value: config } = useConfig();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = "Counsellor: find work that suits you";
    if (hasMoved()) heading.current?.focus({ preventScroll: true });
  }, []);
  const careers = config?.fields.reduce((sum, field) => sum + field.count, 0);

  return (
    <div className="page home">
      <div className="hero">
        <div className="stack">
          <h1 ref={heading} tabIndex={-1}>
            Find work that suits the way <em>you</em> like to spend a day.
          </h1>
          <p className="lead">
            {kept ? "You know the shape of your interests: look" : "Answer 48 short statements, see the shape of your interests, and look"} at {careers ?? "more than 150"} careers in its light. No account,
            and nothing about you leaves this browser unless you send it.
          </p>
          <div className="actions">
            <FirstStep />
            <Link to="/careers" className="button">
              Look through careers
            </Link>
          </div>
        </div>
        <figure>
          <InterestMap scores={kept?.scores ?? someone} {...(kept ? { label: "Your interests" } : {})} />
          <figcaption className="small quiet">{kept ? "Your interests, drawn as a landscape." : "Someone’s interests, drawn as a landscape. Yours will look different."}</figcaption>
        </figure>
      </div>
      <Path />
      {config && !config.model.available && (
        <p className="quiet">
          The counsellor’s model is not connected here, so chat and written feedback rest. Everything else works. <Link to="/available">What works here</Link>
        </p>
      )}
    </div>
  );
}
