import { Suspense, useEffect } from "react";
import { Waiting } from "../ui/Notice";
import { Boundary } from "./Boundary";
import { NotFound } from "./NotFound";
import { usePlace } from "./router";
import { fetchAhead, find } from "./routes";
import { Shell } from "./Shell";

export function App() {
  const { path } = usePlace();
  const found = find(path);
  useEffect(fetchAhead, []);
  return (
    <Shell path={path}>
      {/* The key makes another address another page, which takes the focus. */}
      <Boundary key={path}>
        <Suspense fallback={<Waiting>Opening …</Waiting>}>{found ? <found.route.page {...found.params} /> : <NotFound />}</Suspense>
      </Boundary>
    </Shell>
  );
}
