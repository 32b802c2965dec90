import { profile } from "../stored/documents";
import { useStored } from "../stored/store";

/** Something to begin with, fitting what is there. */
export function Starters({ career, choose }: { career: string; choose: (text: string) => void }) {
  const known = useStored(profile) !== null;
  const questions = [
    ...(career ? [`${career}: what should I know before I decide for it?`] : []),
    known ? "What do my interests say about the work that would suit me?" : "I do not know what I want to do. Where do I begin?",
    "Which careers are good to change into without a degree?",
    "How do I find out whether a job is right for me before I train for it?",
  ];
  return (
    <div className="starters">
      <h2>A way to begin</h2>
      <ul className="plain">
        {questions.map((question) => (
          <li key={question}>
            <button type="button" onClick={() => choose(question)}>
              {question}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
