"""Every drill, by its name, in the order of `all`: the harmless first."""
from deployments import BadConfig, BadImage, PermissionRemoved, SecretRotated
from processes import DaemonKilled, LoadBalancerKilled, MachineRestarted, TaskKilled, TasksOfAZone
from routes import NatLost, RouteRemoved
from states import DiskFull, RegionLost, StateLost
from traffic import CertificateExpiring, TrafficTimesTen

DRILLS = {drill.name: drill for drill in (
    TaskKilled, TasksOfAZone, BadImage, BadConfig, SecretRotated, PermissionRemoved, NatLost, RouteRemoved, LoadBalancerKilled, DaemonKilled,
    CertificateExpiring, TrafficTimesTen, DiskFull, MachineRestarted, StateLost, RegionLost)}
