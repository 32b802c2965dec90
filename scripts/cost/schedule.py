"""Which part of the week tasks run, from AWS's cron expressions of the schedule: "cron(minute hour day month weekday year)"."""

DAYS = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]


def field(text, least, most, names=()):
    """The values that one field of a cron expression means."""
    values = set()
    for part in text.split(","):
        part, _, step = part.partition("/")
        if part in ("*", "?"):
            low, high = least, most
        else:
            low, _, high = part.partition("-")
            # "8/2" goes on from eight to the end.
            low, high = (names.index(end) if end in names else int(end) for end in (low, high or (str(most) if step else low)))
        values.update(range(low, high + 1, int(step or 1)))
    return values


def moments(cron):
    """Minutes of the week, from Monday 00:00, at which the expression fires; days of the month and months are taken as every one."""
    minute, hour, _, _, weekday, _ = cron.removeprefix("cron(").removesuffix(")").split()
    # AWS counts weekdays from Sunday = 1; names are what our schedules use.
    days = {(day + 5) % 7 for day in field(weekday, 1, 7)} if weekday[0].isdigit() else field(weekday, 0, 6, DAYS)
    return {day * 1440 + h * 60 + m for day in days for h in field(hour, 0, 23) for m in field(minute, 0, 59)}


def part_of_week(actions):
    """`actions` are (cron, greatest capacity); 1.0 where nothing is scheduled."""
    events = sorted((at, capacity > 0) for cron, capacity in set(actions) for at in moments(cron))
    if not events:
        return 1.0
    minutes = 0
    for (at, up), (following, _) in zip(events, events[1:] + [(events[0][0] + 7 * 1440, None)]):
        minutes += (following - at) if up else 0
    return minutes / (7 * 1440)
