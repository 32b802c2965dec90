/** Checks of what comes out of the browser's storage or an imported file: anything may be in there. */
export type Shape<T> = (value: unknown) => T | undefined;
export type Of<S> = S extends Shape<infer T> ? T : never;

export const text =
  (most: number): Shape<string> =>
  (value) =>
    typeof value === "string" && value.length <= most ? value : undefined;

export const number =
  (least: number, most: number): Shape<number> =>
  (value) =>
    typeof value === "number" && value >= least && value <= most ? value : undefined;

export const whole =
  (least: number, most: number): Shape<number> =>
  (value) =>
    Number.isInteger(value) ? number(least, most)(value) : undefined;

/** A text that means a moment. */
export const moment: Shape<string> = (value) => (typeof value === "string" && value.length <= 40 && !Number.isNaN(Date.parse(value)) ? value : undefined);

export const matching =
  (pattern: RegExp): Shape<string> =>
  (value) =>
    typeof value === "string" && pattern.test(value) ? value : undefined;

export const flag: Shape<boolean> = (value) => (typeof value === "boolean" ? value : undefined);

export const oneOf =
  <const T extends string>(...choices: T[]): Shape<T> =>
  (value) =>
    choices.find((choice) => choice === value);

export const list =
  <T>(of: Shape<T>, most: number): Shape<T[]> =>
  (value) => {
    if (!Array.isArray(value) || value.length > most) return undefined;
    const out: T[] = [];
    for (const item of value) {
      const checked = of(item);
      if (checked === undefined) return undefined;
      out.push(checked);
    }
    return out;
  };

export const table =
  <T>(of: Shape<T>, most: number): Shape<Record<string, T>> =>
  (value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    const entries = Object.entries(value);
    if (entries.length > most) return undefined;
    const out: Record<string, T> = {};
    for (const [key, item] of entries) {
      const checked = of(item);
      // Names that every object answers to would be taken for entries that are there.
      if (checked === undefined || key.length > 100 || key in Object.prototype) return undefined;
      out[key] = checked;
    }
    return out;
  };

export const object =
  <M extends Record<string, Shape<unknown>>>(members: M): Shape<{ [K in keyof M]: Of<M[K]> }> =>
  (value) => {
    if (typeof value !== "object" || value === null) return undefined;
    const out: Record<string, unknown> = {};
    for (const [name, of] of Object.entries(members)) {
      const checked = of((value as Record<string, unknown>)[name]);
      if (checked === undefined) return undefined;
      out[name] = checked;
    }
    return out as { [K in keyof M]: Of<M[K]> };
  };

export const orNull =
  <T>(of: Shape<T>): Shape<T | null> =>
  (value) =>
    value === null ? null : of(value);
