/** A length beside a figure that says the same: decoration for screen readers. */
export function Bar({ value, most = 100, kind = "" }: { value: number; most?: number; kind?: string }) {
  return (
    <svg className={`bar-length ${kind}`} viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
      <rect className="all" width="100" height="6" rx="0" />
      <rect className="part" width={Math.max(0, Math.min(100, (100 * value) / most))} height="6" />
    </svg>
  );
}

/** Steps of a scale, filled up to `value`. */
export function Pips({ value, most }: { value: number; most: number }) {
  return (
    <svg className="pips" viewBox={`0 0 ${most * 12} 10`} aria-hidden="true">
      {Array.from({ length: most }, (_, i) => (
        <path key={i} className={i < value ? "full" : "open"} d={`M${i * 12 + 5} .8l4 2.1v4.2l-4 2.1-4-2.1V2.9z`} />
      ))}
    </svg>
  );
}
