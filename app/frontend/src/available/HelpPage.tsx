import type { Schemas } from "../api/client";
import { Page } from "../app/Page";
import { useConfig } from "../app/useConfig";
import { Signposts } from "../ui/Signposts";
import "./available.css";

/** What holds anywhere, for when the service does not answer: help must not wait for it. */
const always: Schemas["Signpost"][] = [
  { name: "In danger right now", contact: "Call 911 (112 in Europe), or your local emergency number", link: null },
  { name: "988 Suicide and Crisis Lifeline (USA)", contact: "Call or text 988, day and night, free", link: "https://988lifeline.org/" },
  { name: "Elsewhere", contact: "Find a helpline in your country", link: "https://findahelpline.com/" },
];

export default function HelpPage() {
  const { value: config } = useConfig();
  return (
    <Page title="If things are hard right now" lead="This app cannot help in a crisis. These people can, at any hour.">
      <div className="helplines">
        <Signposts signposts={config?.signposts ?? always} />
      </div>
      <p className="quiet">You do not need a reason that is good enough. Talking to someone you trust counts, too.</p>
    </Page>
  );
}
