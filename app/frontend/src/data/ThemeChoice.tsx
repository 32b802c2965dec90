import { theme } from "../stored/documents";
import { useStored, write } from "../stored/store";

const choices = [
  ["system", "As the device"],
  ["light", "Light"],
  ["dark", "Dark"],
] as const;

export function ThemeChoice() {
  const chosen = useStored(theme);
  return (
    <section className="stack" aria-labelledby="looks">
      <h2 id="looks">Light or dark</h2>
      <div className="actions themes" role="radiogroup" aria-labelledby="looks">
        {choices.map(([value, label]) => (
          <label key={value} className="tick">
            <input type="radio" name="theme" checked={chosen === value} onChange={() => write(theme, value)} />
            {label}
          </label>
        ))}
      </div>
    </section>
  );
}
