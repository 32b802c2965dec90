import type { Career, Config, Items, Matches, Plan, Profile } from "../api/client";
import { contextSides, kindNames, letters } from "../careers/words";

export function config(available = true): Config {
  return {
    version: "1",
    model: available ? { available, name: "test", reason: null } : { available, name: null, reason: "no-key" },
    limits: {
      resumeBytes: 2 * 1024 * 1024,
      resumePages: 30,
      messageCharacters: 4000,
      messages: 40,
      resumeTextCharacters: 20_000,
      answerCharacters: 6000,
      chatPerMinute: 20,
      streamsPerClient: 2,
      compareCareers: 4,
    },
    fields: [{ id: "trades", label: "Skilled trades", count: 2 }],
    educationLevels: [{ id: "vocational", label: "Trade school" }],
    growth: ["declining", "steady", "growing", "growing fast"],
    types: letters.map((code) => ({ code, name: kindNames[code], description: "" })),
    signposts: [{ name: "A lifeline", contact: "Call 988", link: "https://988lifeline.org/" }],
  };
}

export function career(id: string, title: string): Career {
  return {
    id,
    title,
    summary: `${title}s do their work with care.`,
    field: "trades",
    fieldLabel: "Skilled trades",
    interests: "RC",
    education: "Trade school",
    educationLevel: "vocational",
    skills: ["welding", "drawings", "safety"],
    pay: { low: 36_000, high: 66_000, currency: "USD", per: "year", basis: "An estimate", year: 2026 },
    growth: "steady",
    day: "Set up, join, inspect.",
    riasec: { R: 90, I: 40, A: 20, S: 10, E: 10, C: 50 },
    tasks: ["Joins parts", "Reads drawings", "Inspects seams"],
    skillLevels: [
      { name: "welding", level: 4 },
      { name: "drawings", level: 3 },
      { name: "safety", level: 3 },
    ],
    context: Object.fromEntries(contextSides.map((side) => [side, 2])) as Career["context"],
    related: [{ id: "plumber", title: "Plumber" }],
    alsoCalled: [],
    outlook: "About as many as today.",
    entry: { time: "6 to 24 months", cost: "$3,000–20,000", licence: "A licence of the state" },
  };
}

export const welder = career("welder", "Welder");
export const plumber = career("plumber", "Plumber");

export const careerPage = (...careers: Career[]) => ({
  total: careers.length,
  offset: 0,
  limit: 24,
  careers,
  facets: { field: {}, educationLevel: {}, growth: {} },
});

/** Two statements of each kind are enough to walk through. */
export const items: Items = {
  version: "7",
  scale: ["Dislike", "Rather not", "Not sure", "Like", "Love"].map((label, i) => ({ value: i + 1, label })),
  types: config().types,
  items: ["1", "2"].flatMap((n) => letters.map((type) => ({ id: type.toLowerCase() + n, type, text: `${kindNames[type]} thing ${n}` }))),
};

export const profile: Profile = {
  scores: { R: 80, I: 60, A: 40, S: 30, E: 20, C: 10 },
  ranking: [...letters],
  code: "RIA",
  answered: 12,
  total: 12,
  confidence: { level: "medium", differentiation: 70, notes: ["Two kinds are close."] },
  explanation: {
    summary: "You like to make things.",
    types: letters.map((code, i) => ({ code, name: kindNames[code], score: 80 - i * 10, band: "middling", meaning: `What ${kindNames[code]} means.` })),
  },
};

export const matches: Matches = {
  total: 160,
  matches: [
    {
      career: welder,
      score: 87,
      fit: { interests: 90, preferences: null, skills: null },
      reasons: [
        { kind: "interest", effect: "for", text: "Its strongest side is yours too." },
        { kind: "pay", effect: "against", text: "It pays less than you wish for." },
      ],
    },
  ],
};

export const plan: Plan = {
  career: { id: "welder", title: "Welder", education: "Trade school", educationLevel: "vocational" },
  hoursPerWeek: 6,
  totalHours: 120,
  totalWeeks: 20,
  readiness: 40,
  gap: [{ skill: "welding", have: 0, need: 4, gap: 4, priority: "high" }],
  milestones: [
    { number: 1, title: "First seams", fromWeek: 1, toWeek: 10, hours: 60, skills: ["welding"], actions: ["Take a course"], evidence: "A seam holds" },
    { number: 2, title: "Work alone", fromWeek: 11, toWeek: 20, hours: 60, skills: ["welding"], actions: ["Practise"], evidence: "Nobody looks after you" },
  ],
  notes: ["A certificate may be needed."],
};
