"""The report of a run: one table, and for each drill a page with its timeline as SVG. Pure."""
import html
import time

from measures import MTTR, RPO, RTO
from timeline import per_second

COLOURS = {"drill": "#1d3557", "alarm": "#b00020", "event": "#5a5a5a", "task": "#8a4b00", "target": "#00695c", "page": "#b00020", "api": "#6a1b9a", "trail": "#3949ab"}
WIDTH, LEFT, RIGHT, TOP, PLOT, ROW = 1000, 60, 20, 58, 150, 18


def seconds(value):
    return "–" if value is None else f"{value:.1f} s" if value < 100 else f"{value:.0f} s"


def clock(at):
    return time.strftime("%H:%M:%S", time.gmtime(at))


def alarm_spans(entries, start, end):
    """{alarm: [(from, to)]} of the times in ALARM within the span."""
    out, since = {}, {}
    for entry in entries:
        if entry.kind != "alarm":
            continue
        name, _, state = entry.text.partition(" is ")
        if state == "ALARM":
            since.setdefault(name, max(start, entry.at))
        elif name in since:
            out.setdefault(name, []).append((since.pop(name), entry.at))
    for name, at in since.items():
        out.setdefault(name, []).append((at, end))
    return {name: [span for span in spans if span[1] > start and span[0] < end] for name, spans in out.items() if any(s[1] > start and s[0] < end for s in spans)}


def svg(title, entries, requests, start, end, broke, recovered=None, most_entries=24):
    """The timeline of one drill: requests a second above (good ones grey, failed ones red), alarms and events below."""
    end = max(end, start + 5)
    scale = (WIDTH - LEFT - RIGHT) / (end - start)
    x = lambda at: LEFT + (min(max(at, start), end) - start) * scale
    bars = per_second(requests, start, end)
    top = max([ok + failed for _, ok, failed in bars] + [1])
    failed_sum = sum(failed for _, _, failed in bars)
    shown = [e for e in entries if start <= e.at <= end and e.kind != "alarm"]
    if len(shown) > most_entries:
        # What the drill did and what failed comes first; of the rest, the earliest.
        ranked = sorted(shown, key=lambda e: (e.kind not in ("drill", "page", "api"), e.at))[:most_entries]
        shown = sorted(ranked, key=lambda e: e.at)
    spans = alarm_spans(entries, start, end)
    base = TOP + PLOT
    alarms_top = base + 40
    events_top = alarms_top + len(spans) * ROW + 14
    height = events_top + len(shown) * ROW + 20
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img" aria-labelledby="t d" '
           'font-family="system-ui, sans-serif" font-size="12">',
           f'<title id="t">{html.escape(title)}</title>',
           f'<desc id="d">{end - start:.0f} seconds. {sum(ok + failed for _, ok, failed in bars)} requests, {failed_sum} failed. '
           f'{html.escape("; ".join(f"{e.at - broke:+.1f} s {e.text}" for e in shown))}</desc>',
           f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
           f'<text x="{LEFT}" y="22" font-size="16" font-weight="600" fill="#1a1a1a">{html.escape(title)}</text>',
           f'<rect x="{LEFT}" y="32" width="10" height="10" fill="#c3c9d1"/><text x="{LEFT + 15}" y="41" fill="#333">answered, per second</text>'
           f'<rect x="{LEFT + 160}" y="32" width="10" height="10" fill="#b00020"/><text x="{LEFT + 175}" y="41" fill="#333">failed, per second</text>']
    if recovered is not None:
        out.append(f'<rect x="{x(broke):.1f}" y="{TOP}" width="{max(1.0, x(recovered) - x(broke)):.1f}" height="{PLOT}" fill="#fff3d6"/>')
    width = max(1.0, scale - 0.5)
    for second, ok, failed in bars:
        at, good, bad = LEFT + second * scale, ok / top * PLOT, failed / top * PLOT
        if ok:
            out.append(f'<rect x="{at:.1f}" y="{base - good - bad:.1f}" width="{width:.1f}" height="{good:.1f}" fill="#c3c9d1"/>')
        if failed:
            out.append(f'<rect x="{at:.1f}" y="{base - bad:.1f}" width="{width:.1f}" height="{bad:.1f}" fill="#b00020"/>')
    out.append(f'<line x1="{LEFT}" y1="{base}" x2="{WIDTH - RIGHT}" y2="{base}" stroke="#333"/>'
               f'<text x="{LEFT - 6}" y="{TOP + 10}" text-anchor="end" fill="#333">{top}/s</text><text x="{LEFT - 6}" y="{base}" text-anchor="end" fill="#333">0</text>')
    step = next(s for s in (5, 10, 20, 30, 60, 120, 300, 600, 1200, 3600, 7200) if (end - start) / s <= 14)
    tick = -int((broke - start) // step) * step
    while broke + tick <= end:
        if broke + tick >= start:
            out.append(f'<line x1="{x(broke + tick):.1f}" y1="{base}" x2="{x(broke + tick):.1f}" y2="{base + 4}" stroke="#333"/>'
                       f'<text x="{x(broke + tick):.1f}" y="{base + 17}" text-anchor="middle" fill="#333">{tick:+d} s</text>')
        tick += step
    for row, (name, times) in enumerate(sorted(spans.items())):
        y = alarms_top + row * ROW
        for since, until in times:
            since, until = max(since, start), min(until, end)
            out.append(f'<rect x="{x(since):.1f}" y="{y}" width="{max(2.0, x(until) - x(since)):.1f}" height="{ROW - 4}" fill="#f3c1c7" stroke="#b00020"/>')
        anchor, at = ("start", x(times[0][0]) + 4) if x(times[0][0]) < WIDTH * 0.7 else ("end", x(times[0][0]) - 4)
        out.append(f'<text x="{at:.1f}" y="{y + 11}" text-anchor="{anchor}" fill="#7a0016">{html.escape(name)} in ALARM</text>')
    for row, entry in enumerate(shown):
        y, at, colour = events_top + row * ROW, x(entry.at), COLOURS.get(entry.kind, "#333")
        words = f"{entry.at - broke:+.1f} s  {entry.text}"
        room = int(max(at - LEFT, WIDTH - RIGHT - at) / 6.2)
        words = words if len(words) <= room else words[:room - 1] + "…"
        anchor, place = ("start", at + 7) if at < WIDTH / 2 else ("end", at - 7)
        out.append(f'<line x1="{at:.1f}" y1="{TOP}" x2="{at:.1f}" y2="{y + 8}" stroke="{colour}" stroke-opacity="0.25"/>'
                   f'<circle cx="{at:.1f}" cy="{y + 8}" r="3.5" fill="{colour}"/>'
                   f'<text x="{place:.1f}" y="{y + 12}" text-anchor="{anchor}" fill="{colour}">{html.escape(words)}</text>')
    out.append("</svg>")
    return "\n".join(out) + "\n"


COLUMNS = ("drill", "result", "detected", "step done", "MTTR", "RTO", "RPO", "requests", "failed", "in flight")


def row(outcome):
    f = outcome.figures
    return (outcome.drill.name, "held" if outcome.good else "FAILED", seconds(f.detect), seconds(f.mitigate), seconds(f.mttr), seconds(f.rto), seconds(f.rpo),
            str(f.requests), str(f.failed), str(f.in_flight))


def table(rows, columns=COLUMNS):
    """Markdown, padded so that it reads well in a terminal too."""
    widths = [max(len(line[i]) for line in [columns, *rows]) for i in range(len(columns))]
    line = lambda words: "| " + " | ".join(word.ljust(width) for word, width in zip(words, widths)) + " |"
    return "\n".join([line(columns), "|" + "|".join("-" * (width + 2) for width in widths) + "|", *map(line, rows)])


def objectives():
    return f"Objectives: RTO {RTO // 60} min, RPO {RPO // 3600} h, MTTR {MTTR // 60} min."


def failures(requests, broke, ended):
    """How requests failed: [(what, how many, first begun, last ended, longest)], in seconds from the fault."""
    out = {}
    for r in requests:
        if not r.ok and r.end >= broke and r.start <= ended:
            out.setdefault(r.what, []).append(r)
    return [(what, str(len(bad)), f"{min(r.start for r in bad) - broke:+.1f} s", f"{max(r.end for r in bad) - broke:+.1f} s", f"{max(r.end - r.start for r in bad):.1f} s")
            for what, bad in sorted(out.items())]


def page(outcome, entries, start, requests=()):
    """Markdown of one drill; its timeline lies beside it."""
    drill, f = outcome.drill, outcome.figures
    limits = [f"{name} ≤ {value:g} s" for name, value in (("detected", drill.limits.detect), ("MTTR", drill.limits.mttr), ("RTO", drill.limits.rto), ("RPO", drill.limits.rpo)) if value is not None]
    if drill.limits.failed is not None:
        limits.append(f"failed requests ≤ {drill.limits.failed}" + (", but for those in flight" if drill.limits.spare_in_flight else ""))
    lines = [f"# Drill {drill.name}: {'held' if outcome.good else 'FAILED'}", "",
             f"{time.strftime('%Y-%m-%d', time.gmtime(outcome.began))}, {clock(outcome.began)} to {clock(outcome.ended)} UTC.", "",
             f"* **Fault**: {drill.breaks}", f"* **First sign**: {outcome.sign or 'none'}", f"* **Step**: {drill.step}"]
    if drill.alarm:
        lines.append(f"* **Alarm** {drill.alarm}: " + (f"went off {outcome.alarm_at - outcome.broke:.0f} s after the fault" if outcome.alarm_at is not None else "did not go off"))
    lines += ["", table([("time to detect", seconds(f.detect), ""), ("step done after", seconds(f.mitigate), ""), ("MTTR", seconds(f.mttr), f"{MTTR} s"),
                         ("RTO", seconds(f.rto), f"{RTO} s"), ("RPO", seconds(f.rpo), f"{RPO} s"), ("requests", str(f.requests), ""),
                         ("failed", f"{f.failed} ({f.in_flight} in flight)", "")], ("measured", "value", "objective")), ""]
    lines.append(f"This drill's own limits: {'; '.join(limits) or 'none beside the objectives'}.")
    if outcome.findings:
        lines += ["", "## What did not hold", "", *(f"* {finding}" for finding in outcome.findings)]
    failed = failures(requests, outcome.broke or start, outcome.ended)
    if failed:
        lines += ["", "## Failed requests", "", table(failed, ("how", "requests", "first begun", "last ended", "longest"))]
    lines += ["", f"![Timeline of {drill.name}]({drill.name}.svg)", "", "## Timeline", "", "| UTC | s | | |", "| --- | ---: | --- | --- |"]
    lines += [f"| {clock(e.at)} | {e.at - (outcome.broke or start):+.1f} | {e.kind} | {e.text.replace('|', '/')} |" for e in entries]
    return "\n".join(lines) + "\n"
