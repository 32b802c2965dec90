import type { Schemas } from "../api/client";

/** Where people find help, and by what. A link leads there only by HTTPS. */
export function Signposts({ signposts }: { signposts: readonly Schemas["Signpost"][] }) {
  return (
    <ul className="signposts">
      {signposts.map(({ name, contact, link }) => (
        <li key={name}>
          {link?.startsWith("https://") ? (
            <a href={link} rel="noopener noreferrer" target="_blank">
              {name}
              <span className="unseen"> (opens another site)</span>
            </a>
          ) : (
            name
          )}
          <span className="colon">: </span>
          <strong>{contact}</strong>
        </li>
      ))}
    </ul>
  );
}
