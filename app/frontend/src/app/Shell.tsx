import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from "react";
import { theme } from "../stored/documents";
import { useStorageTrouble, useStored } from "../stored/store";
import { Icon } from "../ui/Icon";
import { Menu } from "./Menu";
import { Link } from "./router";
import { useOnline } from "./useOnline";

function Mark() {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true">
      <path className="mark-ground" d="M16 1l13 7.5v15L16 31 3 23.5v-15z" />
      <path className="mark-line" d="M16 6.5c3 2 8 3 8.5 7s-2 9.5-7.5 10.5S7.5 20 8 15.5 13 8.5 16 6.5z" />
      <path className="mark-line" d="M16 11.5c1.5 1.200 3.800 1.600 4 3.700s-1 4.5-3.600 5-4.600-1.5-4.400-3.800 2.5-3.700 4-4.900z" />
    </svg>
  );
}

/** What stands around every page: where one is, where one can go, and what concerns all pages. */
export function Shell({ path, children }: { path: string; children: ReactNode }) {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const online = useOnline();
  const trouble = useStorageTrouble();
  const chosen = useStored(theme);

  useEffect(() => setOpen(false), [path]);
  // Before the first paint, so that nothing flashes.
  useLayoutEffect(() => {
    if (chosen === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = chosen;
  }, [chosen]);

  return (
    <>
      <a
        className="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          document.getElementById("main")?.focus();
        }}
      >
        Skip to the page
      </a>
      <div className="shell">
        <header
          onKeyDown={(event) => {
            if (event.key !== "Escape" || !open) return;
            setOpen(false);
            button.current?.focus();
          }}
        >
          <div className="bar">
            <Link to="/" className="brand" aria-current={path === "/" ? "page" : undefined}>
              <Mark />
              Counsellor
            </Link>
            <button ref={button} type="button" className="button menu-button" aria-expanded={open} aria-controls="menu" onClick={() => setOpen(!open)}>
              <Icon name={open ? "close" : "menu"} />
              Menu
            </button>
          </div>
          <Menu path={path} open={open} left={() => setOpen(false)} />
        </header>
        <main id="main" tabIndex={-1}>
          <div role="status">
            {!online && <p className="offline">You are offline. What you have here stays; reading more waits for the connection.</p>}
            {trouble && <p className="offline">Your browser keeps nothing more for this page: its storage is full or switched off. Export your data before you close it.</p>}
          </div>
          {children}
        </main>
        <footer>
          <p>
            What you enter stays in this browser. <Link to="/data">See, export or delete it</Link>.
          </p>
          <p>
            Things are hard right now? <Link to="/help">Where to find help</Link>.
          </p>
        </footer>
      </div>
    </>
  );
}
