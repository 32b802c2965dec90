"""Ways that are gone: the route by which users come in, the gateway by which tasks go out."""
import secrets
import time

from drill import Drill
from measures import Limits


class RouteRemoved(Drill):
    name = "route-removed"
    breaks = "the public subnets lose their route to the internet gateway: nobody gets in"
    step = "scripts/deploy.sh <env> terraform apply -target=module.vpc"
    limits = Limits(detect=20, mttr=300)
    tells = ["page: requests fail"]

    def prepare(self):
        e = self.environment
        subnet = e.balancer()["AvailabilityZones"][0]["SubnetId"]
        table = e.aws("ec2").describe_route_tables(Filters=[{"Name": "association.subnet-id", "Values": [subnet]}])["RouteTables"][0]
        route = next(r for r in table["Routes"] if r.get("GatewayId", "").startswith("igw-"))
        self.table, self.cidr = table["RouteTableId"], route["DestinationCidrBlock"]
        self.undo.call(f"route {self.cidr} to {route['GatewayId']}", "ec2", "create_route",
                       {"RouteTableId": self.table, "DestinationCidrBlock": self.cidr, "GatewayId": route["GatewayId"]}, ignore=["RouteAlreadyExists"])

    def break_it(self):
        self.environment.aws("ec2").delete_route(RouteTableId=self.table, DestinationCidrBlock=self.cidr)

    def mitigate(self):
        self.rig.terraform("-target=module.vpc")


class NatLost(Drill):
    name = "nat-lost"
    breaks = "the NAT gateway is lost: tasks cannot get out"
    step = "a new NAT gateway beside it, and the private routes to that one"
    limits = Limits(detect=20, mttr=120, failed=0)
    tells = ["drill: tasks cannot get out"]
    local_only = True          # elsewhere nobody may look out of a task, nor turn a gateway off

    def prepare(self):
        e = self.environment
        ec2, vpc = e.aws("ec2"), [{"Name": "vpc-id", "Values": [e.balancer()["VpcId"]]}]
        self.task = e.tasks(part="backend")[0]
        self.routes = [(t["RouteTableId"], r["NatGatewayId"]) for t in ec2.describe_route_tables(Filters=vpc)["RouteTables"] for r in t["Routes"] if r.get("NatGatewayId")]
        self.gateway = ec2.describe_nat_gateways(Filters=[*vpc, {"Name": "state", "Values": ["available"]}])["NatGateways"][0]
        if not self.gets_out():
            raise RuntimeError("tasks could not get out before anything was broken")

    def gets_out(self):
        """From a task's own namespace, by its route and the NAT gateway, to the public address of the load balancer."""
        name = self.environment.balancer()["DNSName"]
        addresses = [n["Association"]["PublicIp"] for n in self.environment.balancer_interfaces() if "Association" in n]
        namespace = self.machine.namespace_of(self.task)
        return any(self.machine.inside(namespace, ["curl", "-sS", "-o", "/dev/null", "-m", "2", "-H", f"Host: {name}", f"http://{address}/health"]).returncode == 0
                   for address in addresses)

    def break_it(self):
        self.machine.fault(self.undo, "nat-off", "--nat-gateway", self.gateway["NatGatewayId"], seconds=300)

    def sign(self, since):
        if not self.gets_out():
            self.run.note(time.time(), "tasks cannot get out")
        return super().sign(since)

    def mitigate(self):
        ec2 = self.environment.aws("ec2")
        # By a tag: their numbers only the answers tell.
        mark, by_mark = secrets.token_hex(4), lambda option: [option, f"Name=tag:drill,Values={mark}"]
        tagged = lambda kind: [{"ResourceType": kind, "Tags": [{"Key": "drill", "Value": mark}]}]
        self.undo.each("release the drill's address", ["ec2", "describe-addresses", *by_mark("--filters"), "--query", "Addresses[].AllocationId"],
                       ["ec2", "release-address", "--allocation-id"])
        address = ec2.allocate_address(Domain="vpc", TagSpecifications=tagged("elastic-ip"))["AllocationId"]
        self.undo.each("remove the drill's NAT gateway",
                       ["ec2", "describe-nat-gateways", *by_mark("--filter"), "Name=state,Values=pending,available,failed,deleting", "--query", "NatGateways[].NatGatewayId"],
                       ["ec2", "delete-nat-gateway", "--nat-gateway-id"], ["ec2", "wait", "nat-gateway-deleted", "--nat-gateway-ids"])
        other = ec2.create_nat_gateway(SubnetId=self.gateway["SubnetId"], AllocationId=address, TagSpecifications=tagged("natgateway"))["NatGateway"]["NatGatewayId"]
        ec2.get_waiter("nat_gateway_available").wait(NatGatewayIds=[other], WaiterConfig={"Delay": 1, "MaxAttempts": 120})
        for table, before in self.routes:
            if before != self.gateway["NatGatewayId"]:
                continue
            self.undo.call(f"route of {table} back to {before}", "ec2", "replace_route", {"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": before})
            ec2.replace_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=other)

    def recovered(self):
        return self.gets_out() and self.environment.whole()
