import type { EducationLevel, Growth } from "../api/client";

/** How many are shown at once. */
export const pageSize = 24;

export interface Filters {
  q: string;
  interest: string;
  field: string;
  educationMax: string;
  payMin: string;
  growth: string;
  sort: string;
  page: number;
}

export const names = ["q", "interest", "field", "educationMax", "payMin", "growth", "sort"] as const;

/** Filters live in the address: it can be kept, sent, and gone back to. What does not belong there is left out. */
export function fromQuery(query: URLSearchParams): Filters {
  const get = (name: (typeof names)[number], fits: RegExp) => {
    const value = query.get(name) ?? "";
    return fits.test(value) ? value : "";
  };
  return {
    q: (query.get("q") ?? "").slice(0, 100),
    interest: get("interest", /^[RIASEC]$/),
    field: get("field", /^[a-z0-9-]{1,40}$/),
    educationMax: get("educationMax", /^(none|secondary|vocational|associate|bachelor|master|doctorate)$/) as EducationLevel | "",
    payMin: get("payMin", /^\d{4,6}$/),
    growth: get("growth", /^(declining|steady|growing|growing fast)$/) as Growth | "",
    sort: get("sort", /^(title|pay|growth)$/),
    page: Math.min(100, Math.max(1, Number.parseInt(query.get("page") ?? "1", 10) || 1)),
  };
}

export function toApi(filters: Filters): URLSearchParams {
  const query = new URLSearchParams();
  for (const name of names) {
    const value = filters[name].trim();
    if (value) query.set(name, value);
  }
  query.set("offset", String((filters.page - 1) * pageSize));
  query.set("limit", String(pageSize));
  return query;
}
