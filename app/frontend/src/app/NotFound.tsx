import { Page } from "./Page";
import { Link } from "./router";

export function NotFound() {
  return (
    <Page title="There is no such page" lead="The address may be old, or mistyped.">
      <p className="actions">
        <Link to="/" className="button strong">
          To the start
        </Link>
        <Link to="/careers" className="button">
          Look through careers
        </Link>
      </p>
    </Page>
  );
}
