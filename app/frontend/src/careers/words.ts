/** The words and figures by which occupations are shown, the same everywhere. */
import type { Career, Growth, Letter } from "../api/client";

/** Around Holland's hexagon, in this order: neighbours are alike, opposites differ. */
export const letters: readonly Letter[] = ["R", "I", "A", "S", "E", "C"];

export const kindNames: Record<Letter, string> = {
  R: "Realistic",
  I: "Investigative",
  A: "Artistic",
  S: "Social",
  E: "Enterprising",
  C: "Conventional",
};

export const kindGists: Record<Letter, string> = {
  R: "making and mending",
  I: "finding out",
  A: "creating",
  S: "helping and teaching",
  E: "leading and persuading",
  C: "ordering and checking",
};

export const isLetter = (value: string): value is Letter => value in kindNames;

export const growthWords: Record<Growth, string> = {
  declining: "Declining",
  steady: "Steady",
  growing: "Growing",
  "growing fast": "Growing fast",
};

export const levelWords = ["none yet", "aware", "beginner", "works alone", "advanced", "expert"] as const;

export const contextWords: Record<keyof Career["context"], string> = {
  indoors: "Indoors",
  outdoors: "Outdoors",
  people: "Contact with people",
  physical: "Bodily effort",
  screen: "At a screen",
  travel: "Travel",
  irregularHours: "Shifts, nights, weekends",
  autonomy: "Deciding for oneself",
  pressure: "Pressure",
};
export const contextSides = Object.keys(contextWords) as (keyof Career["context"])[];
export const contextDegrees = ["hardly", "a little", "sometimes", "often", "nearly always"] as const;

const money = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD", maximumFractionDigits: 0 });

export function payRange(pay: { low: number; high: number }): string {
  return `${money.format(pay.low)}–${money.format(pay.high)}`;
}

/** How long the way in takes and what it costs, as a sentence. */
export function entryWords({ time, cost }: Career["entry"]): string {
  const use = /[a-z]/.test(cost) ? "" : " for schooling and tools"; // some say themselves what the money is for
  return `${time.charAt(0).toUpperCase()}${time.slice(1)}. Cost, by our estimate: ${cost}${use}.`;
}

/** What the law asks for, or why nothing; null where nobody would expect it to ask. */
export function lawWords({ licence, licenceNote }: Career["entry"]): string | null {
  return licence ?? licenceNote ?? null;
}

/** Where the figures come from, as a sentence, with its year. */
export function payBasis({ basis, year }: { basis: string; year: number }): string {
  const words = basis.charAt(0).toUpperCase() + basis.slice(1);
  return words.includes(String(year)) ? `${words}.` : `${words} (${year}).`;
}

export const dollars = (amount: number): string => money.format(amount);

const whole = new Intl.NumberFormat("en-US");

export const count = (n: number, one: string, many = `${one}s`): string => `${whole.format(n)} ${n === 1 ? one : many}`;
