#!/usr/bin/env python3
"""What an environment costs a month: from Terraform's state or plan, beside the document's figures, and what was really used.

usage: cost.py ENVIRONMENT STACK.json [--measure HOURS] [--json]     STACK.json is what `terraform show -json` prints
"""
import argparse
import json
import sys

import model
import stack as stacks

# Why a figure of the document cannot be what the price list says.
REASONS = {
    "ECS Fargate": "4 × 0.5 vCPU × 720 h × $0.04048 + 4 × 1 GB × 720 h × $0.004445 = $58.29 + $12.80 = $71.09; $52 follows from no on-demand price of us-east-1",
    "ALB": "the document's \"data processing\" is not said; here it is the capacity units of usage.json",
    "NAT Gateway": "$0.045 × 720 h is $32.40 a gateway, not $32; data is charged besides",
    "ECR": "the second region's copies are stored too, where images are replicated",
    "CloudWatch": "Container Insights, alarms and dashboard are charged besides logs; the free tier is not counted",
    "Secrets Manager": "a replica is charged like a secret; calls are few",
    "Public IPv4": "charged since February 2024; the document does not have it",
    "KMS": "the key of logs and secrets; the document encrypts them but does not count the key",
    "Data transfer": "the document does not have it",
    "Route53": "queries for anything but the load balancer's alias are charged besides",
    "SNS": "e-mails of alarms; the document does not have them",
    "CloudTrail": "the first copy of management events is free, its place in S3 is not",
}


def table(title, rows, head, align):
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    line = lambda row: "  ".join(cell.rjust(width) if side == ">" else cell.ljust(width) for cell, width, side in zip(row, widths, align)).rstrip()
    return "\n".join([title, line(head), "  ".join("-" * width for width in widths), *map(line, rows), ""])


def money(value):
    return f"${value:,.2f}"


def estimate(calculator, stack):
    lines = calculator.lines(stack)
    rows = [(line.service, line.what, f"{line.quantity:,.2f}", line.unit, f"${line.price:.6g}", money(line.cost)) for line in lines]
    rows.append(("Total", "", "", "", "", money(calculator.total(lines))))
    return lines, table(f"Monthly cost of {calculator.environment}, us-east-1 list prices", rows, ("service", "what", "quantity", "unit", "price", "cost"), "<<><>>")


def compare(calculator, lines):
    document = model.data("document")
    ours = calculator.by_service(lines)
    low, high = document["ranges"][calculator.environment]
    total = calculator.total(lines)
    text = f"The document says ${low} to ${high} a month for {calculator.environment}; this stack is {money(total)}: {'within it' if low <= total <= high else 'outside of it'}.\n"
    figures = document.get(calculator.environment)
    if figures is None:
        fixed = sum(cost for name, cost in ours.items() if name in ("ALB", "NAT Gateway", "Public IPv4"))
        why = f"Load balancer, NAT gateway and public addresses alone cost {money(fixed)} at the list price, whatever runs.\n" if fixed else \
            "Load balancer, NAT gateway and public addresses are another environment's: it pays for them.\n"
        return text + ("" if low <= total <= high else why)
    rows = []
    for name in dict.fromkeys([*figures, *ours]):
        theirs, mine = figures.get(name, {}).get("cost"), ours.get(name, 0.0)
        differs = abs(mine - (theirs or 0)) >= 0.01
        rows.append((name, money(theirs) if theirs is not None else "-", money(mine), REASONS.get(name, "") if differs else ""))
    rows.append(("Total", money(sum(figure["cost"] for figure in figures.values())), money(total), ""))
    return text + "\n" + table("Beside the document", rows, ("service", "document", "here", "why they differ"), "<>><")


def savings(calculator, stack, utilization):
    rows = [(what, money(after), money(before), money(before - after)) for what, after, before in calculator.savings(stack, utilization)]
    note = "" if utilization else "Right-sizing needs CPU and memory as measured: there are none yet.\n"
    for service in stack.services:
        if service.name in (utilization or {}):
            cpu, memory = utilization[service.name]
            note += f"{service.name} has {service.cpu}/{service.memory} and used at most {cpu:.1f} % of its CPU and {memory:.1f} % of its memory: {calculator.advice(service, (cpu, memory))}.\n"
    return table("Savings, a month", rows, ("what", "with", "without", "saved"), "<>>>") + note


def measurements(calculator, used, hours):
    gb = 1e9
    rows = []

    def add(what, value, text, cost):
        rows.append((what, "not measured", "") if value is None else (what, text(value), money(cost(value))))

    for name, which in (("tasks", "task time"), ("older_tasks", "earlier task time (as CloudWatch counted tasks)")):
        for (cpu, memory, provider), seconds in sorted((used.get(name) or {}).items()):
            factor = 1 - calculator.price("fargate_spot_discount") if provider == "FARGATE_SPOT" else 1
            cost = seconds / 3600 * factor * (cpu / 1024 * calculator.price("fargate_vcpu_hour") + memory / 1024 * calculator.price("fargate_gb_hour"))
            rows.append((f"{which}, {cpu}/{memory} on {provider}", f"{seconds:,.0f} s", money(cost)))
    if not used["tasks"]:
        rows.append(("task time", "not measured", ""))
    add("load balancer capacity", used["lcu_hours"], lambda v: f"{v:,.4f} LCU-hours", lambda v: v * calculator.price("alb_lcu_hour"))
    # What the capacity comes from: a unit for an hour is 90,000 connections, a gigabyte, or 3.6 million rules beyond ten a request.
    for what, name, each in (("  of it, new connections", "new_connections", 90_000), ("  of it, bytes both ways", "balancer_bytes", gb), ("  of it, rules", "rule_evaluations", 3.6e6)):
        rows.append((what, "not measured" if used.get(name) is None else f"{used[name]:,.0f} = {used[name] / each:,.4f} LCU-hours", ""))
    add("through NAT gateways", used["nat_bytes"], lambda v: f"{v:,.0f} bytes", lambda v: v / gb * calculator.price("nat_gb"))
    add("  of it, out to the Internet", used.get("nat_bytes_out"), lambda v: f"{v:,.0f} bytes", lambda v: v / gb * calculator.price("transfer_out_gb"))
    add("logs ingested", used["log_bytes"], lambda v: f"{v:,.0f} bytes", lambda v: v / gb * calculator.price("logs_ingested_gb"))
    add("logs stored", used["stored_log_bytes"], lambda v: f"{v:,.0f} bytes", lambda v: v / gb * calculator.price("logs_stored_gb_month"))
    add("images stored", used["image_bytes"], lambda v: f"{v:,.0f} bytes", lambda v: v / gb * calculator.price("ecr_gb_month"))
    add("reads of the secret", used["secret_calls"], lambda v: f"{v:,} calls", lambda v: v / 10000 * calculator.price("secret_calls_10k"))
    return table(f"As used in the last {hours:g} hours (storage: a month of what is there now)", rows, ("what", "used", "cost"), "<>>")


def assumptions(calculator):
    rows = [(name, f"{calculator.assumed(name):g}", entry["why"]) for name, entry in calculator.usage.items()]
    return table("Assumed usage (scripts/cost/usage.json)", rows, ("what", "value", "why"), "<><")


def sources(calculator, lines):
    named = {line.listed for line in lines}
    rows = [(name, f"{entry['price']:g}", entry["unit"], entry["date"], entry["source"] + (f"; {entry['note']}" if "note" in entry else ""))
            for name, entry in calculator.prices.items() if name in named or name == "fargate_spot_discount"]
    return table("Prices (scripts/cost/prices.json)", rows, ("price", "$", "for each", "as of", "source"), "<><<<")


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].strip())
    parser.add_argument("environment", choices=["dev", "test", "prod"])
    parser.add_argument("stack")
    parser.add_argument("--measure", type=float, metavar="HOURS")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    stack = stacks.load(options.stack)
    if stack.empty:
        sys.exit("cost: nothing in this stack costs money: it is not deployed")
    calculator = model.Model(options.environment)
    used = None
    if options.measure:
        import measured
        used = measured.Usage(options.environment, options.measure).all()
    lines, text = estimate(calculator, stack)
    utilization = {name: peak for name, peak in ((used or {}).get("utilization") or {}).items() if None not in peak}
    if options.json:
        print(json.dumps({"environment": options.environment, "total": round(calculator.total(lines), 2), "services": {k: round(v, 2) for k, v in calculator.by_service(lines).items()},
                          "used": {name: value for name, value in (used or {}).items() if name not in ("tasks", "older_tasks", "utilization")}}, indent=2))
        return
    print(text)
    print(compare(calculator, lines))
    print(savings(calculator, stack, utilization))
    if used is not None:
        print(measurements(calculator, used, options.measure))
    print(assumptions(calculator))
    print(sources(calculator, lines))


if __name__ == "__main__":
    main()
