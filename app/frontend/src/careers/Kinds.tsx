import { isLetter, kindNames } from "./words";

/** The kinds of interest that an occupation serves, the strongest first. */
export function Kinds({ code }: { code: string }) {
  return (
    <ul className="tags kinds" aria-label="Kinds of interest">
      {[...code].filter(isLetter).map((letter) => (
        <li key={letter} className={`kind of-${letter.toLowerCase()}`}>
          {kindNames[letter]}
        </li>
      ))}
    </ul>
  );
}
