import type { Config, Schemas } from "../api/client";
import { conversation, type Message, profile, resume, saved, type Sharing, sharing, skills } from "../stored/documents";
import { read } from "../stored/store";

/** What the API takes at most; an assistant's message may be longer than a person's. */
const assistantCharacters = 12_000;
const resumeCharacters = 20_000;

/**
 * The newest part of the conversation that fits, beginning with the person's words. Answers that never came are left out, and so is what the
 * service said in place of the model.
 */
export function messagesOf(all: readonly Message[], limits?: Config["limits"]): Schemas["ChatRequest"]["messages"] {
  const most = Math.min(limits?.messages ?? 40, 40);
  const own = limits?.messageCharacters ?? 4000;
  const spoken = all
    .filter(({ content }) => content.trim() !== "")
    .map(({ role, content }) => ({ role, content: content.slice(0, role === "user" ? own : assistantCharacters) }))
    .slice(-most);
  const first = spoken.findIndex(({ role }) => role === "user");
  return spoken.slice(Math.max(0, first));
}

/** Only what is ticked, and only what there is. */
export function sharedOf(chosen: Sharing, careerId: string): NonNullable<Schemas["ChatRequest"]["shared"]> {
  const kept = read(profile);
  const own = read(skills).filter(({ level }) => level > 0);
  const text = read(resume)?.text ?? "";
  const careerIds = [...new Set([...(careerId ? [careerId] : []), ...(chosen.saved ? read(saved).map(({ id }) => id) : [])])].slice(0, 10);
  return {
    ...(chosen.scores && kept && { scores: kept.scores }),
    ...(careerIds.length > 0 && { careerIds }),
    ...(chosen.skills && own.length > 0 && { skills: own.map(({ name }) => name) }),
    ...(chosen.resume && text && { resumeText: text.slice(0, resumeCharacters) }),
    ...(chosen.note.trim() && { note: chosen.note.trim() }),
  };
}

export function chatRequest(careerId: string, limits?: Config["limits"]): Schemas["ChatRequest"] {
  const shared = sharedOf(read(sharing), careerId);
  return { messages: messagesOf(read(conversation), limits), ...(Object.keys(shared).length > 0 && { shared }) };
}
