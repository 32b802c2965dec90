"""What a backup covers, as the document's strategy lists it: code, Terraform's state, images, the secret, logs and trail; on this machine Stratus's state too.

Each part says where its copy lies, up to when it covers (all that came later would be lost), and what is not covered.
"""
import dataclasses
import datetime

from sight import Refused

PARTS = ("frontend", "backend")


@dataclasses.dataclass
class Part:
    name: str
    where: str
    as_of: datetime.datetime | None = None  # None: nothing is covered
    note: str = ""
    broken: bool = False  # what should cover it does not


def parse(moment):
    return moment if isinstance(moment, datetime.datetime) else datetime.datetime.fromisoformat(moment.replace("Z", "+00:00"))


def code(facts, now):
    if not facts.get("commit"):
        return Part("code", "nowhere", note="this is no Git checkout")
    copies = [place for place, there in (("pushed", facts.get("pushed")), ("in the backup", facts["has_code"])) if there]
    if not copies:
        return Part("code", "nowhere", note=f"commit {facts['commit'][:7]} is not pushed, and could not be put into the backup", broken=True)
    where = f"commit {facts['commit'][:7]}, {copies[0]}"
    changed = facts.get("uncommitted", 0)
    if changed:
        return Part("code", where, parse(facts["commit_time"]), f"{changed} files are changed and not committed", broken=facts["environment"] == "prod")
    return Part("code", where, now)


def terraform_state(facts, now, api):
    if facts["target"] == "local":
        return Part("Terraform's state", "the backup", now)
    bucket = facts["state_bucket"]
    versioned = api("s3", "get_bucket_versioning", Bucket=bucket).get("Status") == "Enabled"
    return Part("Terraform's state", f"s3://{bucket}, versioned and locked; the backup", now, "" if versioned else "the bucket keeps no versions", broken=not versioned)


def images(facts, now, api):
    """Of each part the image that runs, wherever a second copy of it is."""
    name, found = f"counselor-{facts['environment']}", {}
    for part, tag in facts["tags"].items():
        if not tag:
            return Part("images", "nowhere", note=f"{part} has not been deployed")
        try:
            api("ecr", "describe_images", region=facts["replica_region"], repositoryName=f"{name}-{part}", imageIds=[{"imageTag": tag}])
            found[part] = facts["replica_region"]
        except Refused:
            found[part] = "the backup" if part in facts.get("saved_images", []) else ""
    if facts["has_stratus"]:
        found = {part: where or "Stratus's state" for part, where in found.items()}
    lacking = [part for part, where in found.items() if not where]
    where = ", ".join(sorted(set(filter(None, found.values())))) or "nowhere"
    if lacking:
        return Part("images", where, note=f"no second copy of {' and '.join(lacking)}; they can be built again from the commit", broken=facts["replicated"])
    if facts["replicated"] and set(found.values()) != {facts["replica_region"]}:
        return Part("images", where, now, f"they are not yet in {facts['replica_region']}", broken=True)
    return Part("images", where, now)


def secret(facts, now, api):
    try:
        described = api("secretsmanager", "describe_secret", SecretId=f"counselor-{facts['environment']}-openai-api-key")
    except Refused:
        return Part("secret", "nowhere", note="there is none", broken=True)
    if not described.get("VersionIdsToStages"):
        return Part("secret", "nothing to keep", now, "no key of the model is stored")
    copies = {copy["Region"]: copy["Status"] for copy in described.get("ReplicationStatus", [])}
    lagging = [f"{region} is {status}" for region, status in copies.items() if status != "InSync"]
    here = ["Stratus's state"] if facts["has_stratus"] else []
    if lagging:
        return Part("secret", ", ".join([*copies, *here]), note="; ".join(lagging), broken=True)
    if copies or here:
        return Part("secret", ", ".join([*copies, *here]), now)
    return Part("secret", f"{facts['region']} only", note="never in a backup: restore takes it from OPENAI_API_KEY")


def logs(facts, now):
    return Part("logs", "the backup", now, f"{facts['log_events']} lines since {facts['logs_from'] or 'the beginning'}")


def trail(facts, api):
    """CloudTrail writes to its bucket by itself, every five minutes."""
    name = f"counselor-{facts['environment']}"
    found = [entry for entry in api("cloudtrail", "describe_trails")["trailList"] if entry["Name"] == name]
    if not found:
        return Part("record of calls", "CloudTrail's own 90 days", note="no trail in this environment")
    status, bucket = api("cloudtrail", "get_trail_status", Name=found[0]["TrailARN"]), found[0]["S3BucketName"]
    try:
        rules = api("s3", "get_bucket_lifecycle_configuration", Bucket=bucket)["Rules"]
        kept = min(rule["Expiration"]["Days"] for rule in rules if "Days" in rule.get("Expiration", {}))
    except (Refused, ValueError):
        kept = None
    where = f"s3://{bucket}" + (f", kept {kept} days" if kept else "")
    note = "" if status["IsLogging"] else "the trail is stopped"
    if status["IsLogging"] and not status.get("LatestDeliveryTime"):
        note = "nothing was delivered yet"
    return Part("record of calls", where, status.get("LatestDeliveryTime"), note, broken=not status["IsLogging"])


def all_parts(facts, now, api):
    found = [code(facts, now), terraform_state(facts, now, api), images(facts, now, api), secret(facts, now, api), logs(facts, now), trail(facts, api)]
    if facts["has_stratus"]:
        found.append(Part("Stratus's state", "the backup", now, "all environments of this Stratus, with its master key"))
    elif facts["target"] == "local":
        found.append(Part("Stratus's state", "nowhere", note="it is not in a backup that lies in Stratus"))
    return found


def present(directory):
    """Of what a backup may or may not have, what is in this one: has_code, has_stratus."""
    full = lambda name: (directory / name).is_file() and (directory / name).stat().st_size > 0
    return {"has_code": full("code.tar.gz"), "has_stratus": full("stratus.backup")}


def words(seconds):
    seconds = max(0, int(seconds))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


OBJECTIVE = 3600  # seconds: the document's RPO of an hour


def report(parts, now):
    """Lines for a person: part, age, place, note; last the recovery point, which is the oldest age."""
    ages = {part.name: (now - part.as_of).total_seconds() for part in parts if part.as_of}
    lines = [f"{part.name:<18} {words(ages[part.name]) + ' old' if part.as_of else 'not covered':<12} {part.where}" + (f" ({part.note})" if part.note else "") for part in parts]
    if ages:
        oldest = max(ages, key=ages.get)
        lines.append(f"recovery point     {words(ages[oldest])} ({oldest}), of the {OBJECTIVE // 60} minutes that may be lost")
    return lines
