import { useState } from "react";
import { api, type Career } from "../api/client";
import { Problem } from "../api/problem";
import { useAnswer } from "../api/useAnswer";
import { useLeaving } from "../api/useLeaving";
import { Page } from "../app/Page";
import { Link } from "../app/router";
import type { Params } from "../app/routes";
import { plans, skills } from "../stored/documents";
import { read, update, useStored } from "../stored/store";
import { focusSoon } from "../ui/focus";
import { Empty, Failure, Waiting } from "../ui/Notice";
import { LevelForm } from "./LevelForm";
import "./plan.css";
import { PlanView } from "./PlanView";

export default function PlanPage({ id = "" }: Params) {
  const all = useStored(plans);
  // Any name may stand in the address, also one that every object answers to.
  const kept = Object.hasOwn(all, id) ? all[id] : undefined;
  const { value: career, error, waiting, retry } = useAnswer(`career/${id}`, (signal) => api.career(id, signal));
  const [changing, setChanging] = useState(false);
  const title = kept?.plan.career.title ?? career?.title;
  const unknown = error instanceof Problem && (error.status === 404 || error.status === 400);

  function change() {
    setChanging(true);
    focusSoon(".steps input:checked, h1");
  }

  function made() {
    setChanging(false);
    focusSoon("#milestones, h1");
  }

  return (
    <Page title={title ? `Your plan: ${title}` : "Learning plan"}>
      {waiting && (!kept || changing) && <Waiting>Reading what it asks for …</Waiting>}
      {unknown && !kept && (
        <Empty title="No such career">
          <Link to="/plan" className="button">
            Choose another
          </Link>
        </Empty>
      )}
      {error !== undefined && !unknown && (!kept || changing) && <Failure error={error} retry={retry} />}
      {kept && !changing && <PlanView kept={kept} change={change} />}
      {career && (!kept || changing) && <Making career={career} hours={kept?.plan.hoursPerWeek ?? 6} made={made} />}
    </Page>
  );
}

function Making({ career, hours, made }: { career: Career; hours: number; made: () => void }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const leaving = useLeaving();

  async function make(levels: Record<string, number>, hoursPerWeek: number) {
    setBusy(true);
    setError(undefined);
    const named = Object.entries(levels).map(([name, level]) => ({ name, level }));
    const signal = leaving();
    try {
      const plan = await api.plan({ careerId: career.id, skills: named, hoursPerWeek }, signal);
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
      if (!signal.aborted) setError(failure);
    }
    if (!signal.aborted) setBusy(false);
  }

  return (
    <>
      <LevelForm career={career} hours={hours} busy={busy} make={make} />
      {error !== undefined && <Failure error={error} />}
    </>
  );
}
