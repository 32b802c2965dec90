import { Link } from "./router";

const groups = [
  {
    title: "Know yourself",
    links: [
      ["/assessment", "Interests"],
      ["/matches", "Matches"],
    ],
  },
  {
    title: "Look around",
    links: [
      ["/careers", "Careers"],
      ["/compare", "Compare"],
    ],
  },
  {
    title: "Get ready",
    links: [
      ["/plan", "Learning plan"],
      ["/resume", "Résumé review"],
      ["/interview", "Interview practice"],
    ],
  },
  {
    title: "Talk it over",
    links: [["/counsellor", "Counsellor"]],
  },
  {
    title: "This app",
    links: [
      ["/data", "Your data"],
      ["/available", "What works here"],
    ],
  },
] as const;

export function Menu({ path, open, left }: { path: string; open: boolean; left: () => void }) {
  return (
    <nav id="menu" className={open ? "menu open" : "menu"} aria-label="Main">
      {groups.map(({ title, links }) => (
        <div key={title}>
          <h2>{title}</h2>
          <ul className="plain">
            {links.map(([to, name]) => (
              <li key={to}>
                <Link to={to} onClick={left} aria-current={path === to ? "page" : path.startsWith(`${to}/`) ? "true" : undefined}>
                  {name}
                </Link>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  );
}
