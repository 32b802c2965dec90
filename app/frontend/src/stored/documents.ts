/** All that the app keeps about a person, and its shapes. Adding a document here puts it into export, import and deletion. */
import { flag, list, matching, moment, number, object, type Of, oneOf, orNull, type Shape, table, text, whole } from "./shape";
import { document } from "./store";

const id = matching(/^[a-z0-9-]{2,60}$/);
const line = text(300);
const words = text(4000);
const percent = number(0, 100);
const letter = oneOf("R", "I", "A", "S", "E", "C");
/** As many of a kind as there are careers, and to spare: a list that outgrew its shape would be lost at the next visit. */
export const mostKept = 500;

const optional =
  <T>(of: Shape<T>, otherwise: T): Shape<T> =>
  (value) =>
    value === undefined ? otherwise : of(value);

export const theme = document<"system" | "light" | "dark">("theme", "system", oneOf("system", "light", "dark"));

const answersShape = object({ version: text(20), at: whole(0, 100), values: table(whole(1, 5), 60) });
export const answers = document<Of<typeof answersShape>>("answers", { version: "", at: 0, values: {} }, answersShape);

const profileShape = object({
  taken: moment,
  scores: object({ R: percent, I: percent, A: percent, S: percent, E: percent, C: percent }),
  ranking: list(letter, 6),
  code: matching(/^[RIASEC]{0,3}$/),
  answered: number(0, 100),
  total: number(0, 100),
  confidence: object({ level: oneOf("low", "medium", "high"), differentiation: percent, notes: list(words, 10) }),
  explanation: object({ summary: words, types: list(object({ code: letter, name: line, score: percent, band: oneOf("low", "middling", "high"), meaning: words }), 6) }),
});
export type KeptProfile = Of<typeof profileShape>;
export const profile = document<KeptProfile | null>("profile", null, orNull(profileShape));

const namedCareer = object({ id, title: line });
export type NamedCareer = Of<typeof namedCareer>;
export const saved = document<NamedCareer[]>("saved", [], list(namedCareer, mostKept));
export const comparing = document<NamedCareer[]>("comparing", [], list(namedCareer, 4));

const skillShape = object({ name: text(60), level: whole(0, 5) });
export const skills = document<Of<typeof skillShape>[]>("skills", [], list(skillShape, 60));

const level = oneOf("", "none", "secondary", "vocational", "associate", "bachelor", "master", "doctorate");
const preferencesShape = object({
  educationMax: level,
  payMin: number(0, 1_000_000),
  growth: list(oneOf("declining", "steady", "growing", "growing fast"), 4),
  fields: list(text(40), 30),
  context: table(number(-1, 1), 9),
  strict: flag,
});
export type Preferences = Of<typeof preferencesShape>;
export const noPreferences: Preferences = { educationMax: "", payMin: 0, growth: [], fields: [], context: {}, strict: false };
export const preferences = document<Preferences>("preferences", noPreferences, preferencesShape);

const planShape = object({
  career: object({ id, title: line, education: words, educationLevel: oneOf("none", "secondary", "vocational", "associate", "bachelor", "master", "doctorate") }),
  hoursPerWeek: number(1, 100),
  totalHours: number(0, 1e6),
  totalWeeks: number(0, 1e5),
  readiness: percent,
  gap: list(object({ skill: line, have: whole(0, 5), need: whole(0, 5), gap: whole(0, 5), priority: oneOf("none", "low", "medium", "high") }), 60),
  milestones: list(
    object({
      number: whole(1, 100),
      title: line,
      fromWeek: number(0, 1e5),
      toWeek: number(0, 1e5),
      hours: number(0, 1e6),
      skills: list(line, 30),
      actions: list(words, 30),
      evidence: words,
    }),
    60,
  ),
  notes: list(words, 20),
});
const keptPlan = object({ made: moment, plan: planShape, done: table(flag, 100) });
export type KeptPlan = Of<typeof keptPlan>;
export const plans = document<Record<string, KeptPlan>>("plans", {}, table(keptPlan, mostKept));

const checkShape = object({
  id: line,
  title: line,
  status: oneOf("good", "improve", "problem", "info"),
  detail: words,
  advice: optional(words, ""),
  evidence: optional(list(words, 50), []),
});
export type KeptCheck = Of<typeof checkShape>;
const resumeShape = object({
  name: line,
  when: moment,
  kind: text(10),
  words: number(0, 1e6),
  pages: orNull(number(0, 1000)),
  truncated: flag,
  text: text(200_000),
  score: percent,
  checks: list(checkShape, 60),
  career: orNull(object({ id, title: line, found: list(line, 60), missing: list(line, 60) })),
  feedback: text(30_000),
});
export type KeptResume = Of<typeof resumeShape>;
export const resume = document<KeptResume | null>("resume", null, orNull(resumeShape));

const questionShape = object({
  id: line,
  kind: oneOf("motivation", "behavioural", "situational", "skill", "closing"),
  text: words,
  why: words,
  tips: list(words, 20),
});
const practisedShape = object({ answer: text(6000), checks: list(checkShape, 40), feedback: text(30_000) });
const interviewShape = object({
  started: moment,
  seed: number(0, 2 ** 31),
  at: whole(0, 30),
  career: namedCareer,
  questions: list(questionShape, 30),
  practised: table(practisedShape, 30),
});
export type KeptInterview = Of<typeof interviewShape>;
export const interview = document<KeptInterview | null>("interview", null, orNull(interviewShape));

const signpostShape = object({ name: line, contact: line, link: orNull(text(500)) });
const messageShape = object({
  role: oneOf("user", "assistant"),
  content: text(30_000),
  ending: oneOf("", "stop", "length", "filtered", "signpost", "scope", "no-model", "stopped", "cut", "failed"),
  careers: list(object({ id, title: line, link: text(100) }), 40),
  notices: list(object({ kind: oneOf("distress", "scope", "no-model"), title: line, text: words, signposts: list(signpostShape, 20) }), 10),
});
export type Message = Of<typeof messageShape>;
export const conversation = document<Message[]>("conversation", [], list(messageShape, 400));

const sharingShape = object({ scores: flag, saved: flag, skills: flag, resume: flag, note: text(1000) });
export type Sharing = Of<typeof sharingShape>;
export const sharing = document<Sharing>("sharing", { scores: false, saved: false, skills: false, resume: false, note: "" }, sharingShape);

/** Words that were typed and not yet sent, by where they were typed: leaving a page, or loading it anew, does not lose them. */
export const drafts = document<Record<string, string>>("drafts", {}, table(text(8000), 60));
