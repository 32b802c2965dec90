"""What an environment lacks for drills: alarms, a second task in a second zone, and nothing that sends it to bed meanwhile. Set up by Terraform and
ECS as a user would, and taken away in the same manner."""
import time

from environment import PARTS

VALUES = {"alarms": "alarms=true", "zones": "single_zone=false", "schedule": "schedule=null"}


def lacks(services, alarms, schedules):
    """Which of VALUES' names the environment needs. Pure."""
    out = []
    if not alarms:
        out.append("alarms")
    if any(len(s["networkConfiguration"]["awsvpcConfiguration"]["subnets"]) < 2 for s in services):
        out.append("zones")
    if schedules:
        out.append("schedule")
    return out


class Rig:
    def __init__(self, environment, undo, say):
        self.environment, self.undo, self.say = environment, undo, say
        self.variables, self.counts = [], {}

    def terraform(self, *words, check=True):
        """An apply that keeps the rig."""
        values = [word for value in self.variables for word in ("-var", value)]
        return self.environment.deploy("terraform", "apply", "-auto-approve", "-input=false", "-no-color", *values, *words, check=check)

    def set_up(self):
        e = self.environment
        services = e.services()
        self.counts = {s["serviceName"]: s["desiredCount"] for s in services}
        schedules = [a for name in self.counts for a in e.aws("application-autoscaling").describe_scheduled_actions(
            ServiceNamespace="ecs", ResourceId=f"service/{e.cluster}/{name}")["ScheduledActions"]]
        needs = lacks(services, e.alarms(), schedules)
        asleep = any(count == 0 for count in self.counts.values())
        if asleep:
            self.say(f"{e.name} sleeps (its schedule has stopped all tasks): it is woken for the drills and sent back to bed after them")
        for name, count in self.counts.items():
            self.undo.call(f"{name}: {count} tasks", "ecs", "update_service", {"cluster": e.cluster, "service": name, "desiredCount": count}, limit=4 * 3600)
        if needs:
            self.say(f"setting up for drills: {', '.join(needs)}")
            command = e.deploy_command("terraform", "apply", "-auto-approve", "-input=false", "-no-color")
            self.undo.run("the environment as Terraform has it", command, limit=4 * 3600)
            self.variables = [VALUES[name] for name in needs]
            self.terraform()
        for name in self.counts:
            if self.counts[name] < 2:
                e.aws("ecs").update_service(cluster=e.cluster, service=name, desiredCount=2)
        e.wait_whole(180, "the environment with two tasks of each part")

    def zones(self):
        return sorted({task["availabilityZone"] for part in PARTS for task in self.environment.tasks(part=part)})

    def settle(self):
        """After the rig is gone: tasks as many as there were."""
        end = time.time() + 180
        while True:
            ills = self.environment.ills(awake=any(self.counts.values()))
            if not ills:
                return
            if time.time() > end:
                raise RuntimeError(f"the environment did not come to rest: {'; '.join(ills)}")
            time.sleep(0.5)
