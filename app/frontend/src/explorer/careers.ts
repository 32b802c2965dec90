/** What `GET /api/careers` answers. */
export interface Career {
  id: string;
  title: string;
  summary: string;
  interests: string;
  education: string;
  skills: string[];
  pay: { low: number; high: number; currency: string; per: string; basis: string; year: number };
  growth: string;
  day: string;
}

export interface CareerPage {
  total: number;
  offset: number;
  careers: Career[];
}

/** The six kinds of interest of Holland's theory, by their letters. */
export const interests: Record<string, string> = {
  R: "Realistic",
  I: "Investigative",
  A: "Artistic",
  S: "Social",
  E: "Enterprising",
  C: "Conventional",
};

/** Throws an Error whose message can be shown. */
export async function findCareers(text: string, interest: string, signal: AbortSignal): Promise<CareerPage> {
  const query = new URLSearchParams({ limit: "100" });
  if (text) query.set("q", text);
  if (interest) query.set("interest", interest);
  const answer = await fetch(`/api/careers?${query}`, { signal, headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`The careers cannot be read just now (${answer.status}).`);
  return (await answer.json()) as CareerPage;
}

export function payRange(pay: Career["pay"]): string {
  const money = new Intl.NumberFormat("en-US", { style: "currency", currency: pay.currency, maximumFractionDigits: 0 });
  return `${money.format(pay.low)} to ${money.format(pay.high)} a ${pay.per}`;
}
