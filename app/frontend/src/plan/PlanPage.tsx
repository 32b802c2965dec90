import { useState } from "react";
import { api, type Career } from "../api/client";
import { Problem } from "../api/problem";
import { useAnswer } from "../api/useAnswer";
import { Page } from "../app/Page";
import { Link } from "../app/router";
import type { Params } from "../app/routes";
import { plans, skills } from "../stored/documents";
import { read, update, useStored } from "../stored/store";
import { Empty, Failure, Waiting } from "../ui/Notice";
import { LevelForm } from "./LevelForm";
import "./plan.css";
import { PlanView } from "./PlanView";

export default function PlanPage({ id = "" }: Params) {
  const kept = useStored(plans)[id];
  const { value: career, error, waiting, retry } = useAnswer(`career/${id}`, (signal) => api.career(id, signal));
  const [changing, setChanging] = useState(false);
  const title = kept?.plan.career.title ?? career?.title;
  const unknown = error instanceof Problem && error.status === 404;

  return (
    <Page title={title ? `Your plan: ${title}` : "Learning plan"}>
      {waiting && !kept && <Waiting>Reading what it asks for …</Waiting>}
      {unknown && (
        <Empty title="No such career">
          <Link to="/plan" className="button">
            Choose another
          </Link>
        </Empty>
      )}
      {error !== undefined && !unknown && !kept && <Failure error={error} retry={retry} />}
      {kept && !changing && <PlanView kept={kept} change={() => setChanging(true)} />}
      {career && (!kept || changing) && <Making career={career} hours={kept?.plan.hoursPerWeek ?? 6} made={() => setChanging(false)} />}
    </Page>
  );
}

function Making({ career, hours, made }: { career: Career; hours: number; made: () => void }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();

  async function make(levels: Record<string, number>, hoursPerWeek: number) {
    setBusy(true);
    setError(undefined);
    const named = Object.entries(levels).map(([name, level]) => ({ name, level }));
    try {
      const plan = await api.plan({ careerId: career.id, skills: named, hoursPerWeek });
      const others = read(skills).filter(({ name }) => !(name in levels));
      update(skills, () => [...others, ...named].slice(-60));
      // Milestones that are still called the same stay reached.
      update(plans, (old) => {
        const before = old[career.id];
        const reached = new Set(before?.plan.milestones.filter(({ number }) => before.done[number]).map(({ title }) => title));
        const done = Object.fromEntries(plan.milestones.filter(({ title }) => reached.has(title)).map(({ number }) => [number, true]));
        return { ...old, [career.id]: { made: new Date().toISOString(), plan, done } };
      });
      made();
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  }

  return (
    <>
      <LevelForm career={career} hours={hours} busy={busy} make={make} />
      {error !== undefined && <Failure error={error} />}
    </>
  );
}
