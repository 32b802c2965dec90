"""From times and requests to figures, and from figures to a verdict. Pure."""
import dataclasses

# The platform's objectives, in seconds.
RTO, RPO, MTTR = 30 * 60, 60 * 60, 15 * 60


@dataclasses.dataclass
class Limits:
    """What a drill demands beside the objectives; None is measured only. Seconds."""
    detect: float | None = None
    mttr: float | None = None
    rto: float | None = None
    rpo: float | None = None
    failed: int | None = None         # requests, but for those in flight where `spare_in_flight`
    spare_in_flight: bool = False


@dataclasses.dataclass
class Figures:
    detect: float | None = None       # from the fault to the first sign
    mitigate: float | None = None     # from the fault to the end of the runbook's step
    mttr: float | None = None         # from the fault until all is as it was
    rto: float = 0.0                  # from the fault until the last request failed; 0 where none did
    rpo: float | None = None          # age of what was had back; None where nothing measured it
    requests: int = 0
    failed: int = 0
    in_flight: int = 0                # of the failed ones: begun before the fault was made


def measure(requests, broke, broken, detected, mitigated, recovered, rpo=None, ended=None):
    """`broke` and `broken`: when making the fault began and was done."""
    out = Figures(rpo=rpo)
    mine = [r for r in requests if r.end >= broke and (ended is None or r.start <= ended)]
    bad = [r for r in mine if not r.ok]
    out.requests, out.failed = len(mine), len(bad)
    out.in_flight = sum(1 for r in bad if r.start <= broken)
    out.rto = max((r.end for r in bad), default=broke) - broke
    if detected is not None:
        out.detect = max(0.0, detected - broke)
    if mitigated is not None:
        out.mitigate = max(0.0, mitigated - broke)
    if recovered is not None:
        out.mttr = max(0.0, max(recovered, broke + out.rto) - broke)
    return out


def judge(figures, limits):
    """What is wrong, one line each; nothing where all holds."""
    out = []
    if figures.requests == 0:
        out.append("no request was made: the drill measured nothing")
    if figures.detect is None:
        out.append("nothing told of it")
    if figures.mttr is None:
        out.append("it did not recover")
    for name, value, objective, limit in (("time to detect", figures.detect, None, limits.detect), ("MTTR", figures.mttr, MTTR, limits.mttr),
                                          ("RTO", figures.rto, RTO, limits.rto), ("RPO", figures.rpo, RPO, limits.rpo)):
        if value is None:
            continue
        most = min(bound for bound in (objective, limit, float("inf")) if bound is not None)
        if value > most:
            out.append(f"{name} {value:.1f} s, at most {most:g} s is allowed")
    if limits.failed is not None:
        counted = figures.failed - (figures.in_flight if limits.spare_in_flight else 0)
        if counted > limits.failed:
            spared = " that were not in flight" if limits.spare_in_flight else ""
            out.append(f"{counted} requests{spared} failed, at most {limits.failed} may")
    return out
