import { useEffect, useState } from "react";
import { CareerCard } from "./CareerCard";
import { type Career, findCareers, interests } from "./careers";

type State = { kind: "loading" } | { kind: "failed"; message: string } | { kind: "found"; careers: Career[] };

export function Explorer() {
  const [text, setText] = useState("");
  const [interest, setInterest] = useState("");
  const [attempt, setAttempt] = useState(0);
  const [state, setState] = useState<State>({ kind: "loading" });

  useEffect(() => {
    const abort = new AbortController();
    // A short pause, so that typing asks once.
    const timer = setTimeout(async () => {
      try {
        const page = await findCareers(text.trim(), interest, abort.signal);
        setState({ kind: "found", careers: page.careers });
      } catch (error) {
        if (!abort.signal.aborted) setState({ kind: "failed", message: error instanceof Error ? error.message : "Something went wrong." });
      }
    }, 150);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [text, interest, attempt]);

  return (
    <main>
      <header>
        <h1>Career counsellor</h1>
        <p>Look around: what occupations ask for, what they pay, what a day is like. What you type stays in this page.</p>
      </header>
      <form role="search" onSubmit={(event) => event.preventDefault()}>
        <label>
          Search
          <input type="search" value={text} maxLength={100} placeholder="a title, a skill …" onChange={(event) => setText(event.target.value)} />
        </label>
        <label>
          Interest
          <select value={interest} onChange={(event) => setInterest(event.target.value)}>
            <option value="">Any</option>
            {Object.entries(interests).map(([letter, name]) => (
              <option key={letter} value={letter}>
                {name}
              </option>
            ))}
          </select>
        </label>
      </form>
      <p className="status" role="status">
        {state.kind === "loading" && "Reading the careers …"}
        {state.kind === "found" && (state.careers.length === 0 ? "Nothing fits. Try another word, or any interest." : `${state.careers.length} careers`)}
      </p>
      {state.kind === "failed" && (
        <div className="failed" role="alert">
          <p>{state.message}</p>
          <button type="button" onClick={() => setAttempt(attempt + 1)}>
            Try again
          </button>
        </div>
      )}
      {state.kind === "found" && (
        <ul className="careers">
          {state.careers.map((career) => (
            <li key={career.id}>
              <CareerCard career={career} />
            </li>
          ))}
        </ul>
      )}
    </main>
  );
}
