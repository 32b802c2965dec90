import type { Scores } from "../api/client";
import { kindNames, letters } from "../careers/words";

const radius = 150;

/** A point on the axis of the letter at `index`, the first at the top, clockwise. */
function point(index: number, length: number): [number, number] {
  const angle = (index * Math.PI) / 3 - Math.PI / 2;
  return [Math.cos(angle) * length, Math.sin(angle) * length];
}

const number = (n: number) => n.toFixed(1);

/** A closed, soft line through the points: Catmull-Rom as Bézier curves. */
export function softLine(points: [number, number][]): string {
  const at = (i: number) => points[(i + points.length) % points.length] as [number, number];
  const tension = 0.16;
  let path = `M${number(at(0)[0])} ${number(at(0)[1])}`;
  for (let i = 0; i < points.length; ++i) {
    const [before, from, to, after] = [at(i - 1), at(i), at(i + 1), at(i + 2)];
    path += `C${number(from[0] + (to[0] - before[0]) * tension)} ${number(from[1] + (to[1] - before[1]) * tension)}`;
    path += ` ${number(to[0] - (after[0] - from[0]) * tension)} ${number(to[1] - (after[1] - from[1]) * tension)} ${number(to[0])} ${number(to[1])}`;
  }
  return `${path}Z`;
}

/** A score of 0 keeps a little distance from the middle, so that the shape stays one. */
const reach = (score: number) => radius * (0.1 + 0.9 * (score / 100));

const contours = [0.2, 0.4, 0.6, 0.8];

/**
 * Six scores as a landscape seen from above: the outline is the person's, the lines inside repeat it like contours of a hill. With `label` it is
 * an image that says its figures; without, it is decoration. `beside` draws a second outline over it, to compare.
 */
export function InterestMap({ scores, label, names = true, beside }: { scores: Scores; label?: string; names?: boolean; beside?: Scores | undefined }) {
  const shape = (share: number, of = scores) => softLine(letters.map((letter, i) => point(i, reach(of[letter]) * share)));
  const hexagon = (share: number) => letters.map((_, i) => point(i, radius * share).map(number).join(" ")).join(",");
  const figures = (of: Scores) => letters.map((letter) => `${kindNames[letter]} ${of[letter]}`).join(", ");
  const said = figures(scores) + (beside ? `; yours: ${figures(beside)}` : "");
  const box = names ? "-200 -190 400 382" : "-165 -165 330 330";
  return (
    <svg className="interest-map" viewBox={box} {...(label ? { role: "img", "aria-label": `${label}: ${said}, each out of 100` } : { "aria-hidden": true })}>
      {[0.25, 0.5, 0.75, 1].map((share) => (
        <polygon key={share} className="grid" points={hexagon(share)} />
      ))}
      {letters.map((letter, i) => {
        const [x, y] = point(i, radius);
        return <line key={letter} className="grid" x2={number(x)} y2={number(y)} />;
      })}
      <path className="land" d={shape(1)} />
      {contours.map((share) => (
        <path key={share} className="contour" d={shape(share)} />
      ))}
      <path className="outline" d={shape(1)} />
      {beside && <path className="beside-it" d={shape(1, beside)} />}
      {letters.map((letter, i) => {
        const [x, y] = point(i, reach(scores[letter]));
        return <circle key={letter} className={`peak of-${letter.toLowerCase()}`} cx={number(x)} cy={number(y)} r="6.5" />;
      })}
      {names &&
        letters.map((letter, i) => {
          // Above the upper corners and below the lower ones, where the widest name has room.
          const [x, y] = point(i, radius);
          return (
            <text key={letter} className={`name of-${letter.toLowerCase()}`} x={number(x * 1.06)} y={number(y + (y < 0 ? -16 : 30))} textAnchor="middle">
              {kindNames[letter]}
            </text>
          );
        })}
    </svg>
  );
}
