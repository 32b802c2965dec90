#!/usr/bin/env bash
# With --uplink what is inside a VPC reaches hosts and names outside of Stratus, by this machine's own routes and nameserver; without it, nothing.
# Both are a namespace here, one link away from the machine. Prints "ok - …" or "not ok - …" a check.
set -uo pipefail
# shellcheck source=tests/journey/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
outside=outside-$$ link=out$$ port=4597 own=up
forwarding=$(cat /proc/sys/net/ipv4/ip_forward)
pids=() daemon=
export AWS_ENDPOINT_URL=http://127.0.0.1:$port AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1 AWS_PAGER=

stop_daemon() {
  [ -n "$daemon" ] || return 0
  curl -s -m 60 -X POST "$AWS_ENDPOINT_URL/_stratus/purge" -o /dev/null
  kill "$daemon" 2>/dev/null
  wait "$daemon" 2>/dev/null
  daemon=
}
leave() {
  local pid
  stop_daemon
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null; done
  ip link del "$link" 2>/dev/null
  ip netns del "$outside" 2>/dev/null
  rm -rf "$work"
}
trap leave EXIT
trap 'exit 130' INT TERM

# A web server, and a nameserver for which every name is that web server's (RFC 1035, 4.1).
cat >"$work/dns.py" <<'PYTHON'
import socket
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("198.51.100.10", 53))
while True:
    question, client = server.recvfrom(4096)
    end = question.index(b"\0", 12) + 5
    server.sendto(question[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + question[12:end] + b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + socket.inet_aton("198.51.100.10"), client)
PYTHON
outside_starts() {
  ip netns add "$outside" && ip link add "$link" type veth peer name eth0 netns "$outside" || return
  ip addr add 198.51.100.1/24 dev "$link" && ip link set "$link" up || return
  ip -n "$outside" addr add 198.51.100.10/24 dev eth0 && ip -n "$outside" link set lo up && ip -n "$outside" link set eth0 up || return
  mkdir "$work/pages" && echo outside >"$work/pages/index.html"
  ip netns exec "$outside" python3 "$work/dns.py" &
  pids+=($!)
  ip netns exec "$outside" python3 -m http.server 80 --bind 198.51.100.10 --directory "$work/pages" >"$work/web.log" 2>&1 &
  pids+=($!)
  until_true 20 bash -c "curl -fsS -m 2 http://198.51.100.10/ | grep -qx outside"
}

# start_daemon OPTION…: one that takes the outside's nameserver for this machine's.
start_daemon() {
  # shellcheck disable=SC2016  # the inner shell expands
  unshare -m --propagation slave bash -c 'mount --bind "$1" /etc/resolv.conf && shift && exec "$@"' - "$work/resolv.conf" \
    "$root/build/release/stratus/daemon/stratusd" --state-dir "$work/state" --run-dir "$work/run" --port $port --tag $own --public-pool 198.19.224.0/20 \
    --host-dns 127.0.4.97 --hosts-file "$work/hosts" --log-file "$work/log" "$@" &
  daemon=$!
  until_true 30 curl -fsS -m 2 -o /dev/null "$AWS_ENDPOINT_URL/_stratus/health"
}
make_network() {
  local vpc gateway table zone subnets=() number=0
  vpc=$(aws ec2 create-vpc --cidr-block 10.96.0.0/16 --query Vpc.VpcId --output text)
  gateway=$(aws ec2 create-internet-gateway --query InternetGateway.InternetGatewayId --output text)
  aws ec2 attach-internet-gateway --internet-gateway-id "$gateway" --vpc-id "$vpc"
  table=$(aws ec2 describe-route-tables --filters "Name=vpc-id,Values=$vpc" --query 'RouteTables[0].RouteTableId' --output text)
  aws ec2 create-route --route-table-id "$table" --destination-cidr-block 0.0.0.0/0 --gateway-id "$gateway"
  for zone in a b; do
    number=$((number + 1))
    subnets+=("$(aws ec2 create-subnet --vpc-id "$vpc" --cidr-block 10.96.$number.0/24 --availability-zone us-east-1$zone --query Subnet.SubnetId --output text)")
  done
  aws elbv2 create-load-balancer --name out --subnets "${subnets[@]}"
  eni=$(aws ec2 describe-network-interfaces --filters "Name=vpc-id,Values=$vpc" --query 'NetworkInterfaces[0].NetworkInterfaceId' --output text)
  until_true 30 inside true
}
inside() { nsenter -t "$daemon" -m ip netns exec "$own-$eni" "$@"; }
name_inside() { [ "$(inside dig +short +time=3 +tries=2 @10.96.0.2 api.models.test A)" = 198.51.100.10 ]; }
page_inside() { [ "$(inside curl -s -m 3 http://198.51.100.10/)" = outside ]; }

echo "nameserver 198.51.100.10" >"$work/resolv.conf"
check "a host and a nameserver stand outside" outside_starts || exit 1
check "the daemon starts with --uplink" start_daemon --uplink
check "there is a VPC with an internet gateway" make_network
check "inside, names of the outside are told" until_true 20 name_inside
check "and the host outside answers" until_true 20 page_inside
check "it was asked by the machine's own address" grep -q '^198.51.100.1 .*GET / ' "$work/web.log"
check "on the host such names stay with the machine's own resolver" bash -c "dig +time=3 +tries=2 @127.0.4.97 api.models.test A | grep -q 'status: REFUSED'"
stop_daemon
check "the machine's forwarding is as it was" [ "$(cat /proc/sys/net/ipv4/ip_forward)" = "$forwarding" ]

rm -rf "$work/state"
check "the daemon starts without it" start_daemon
check "there is a VPC again" make_network
check "inside, names of the outside do not exist" bash -c "$(declare -f inside); daemon=$daemon own=$own eni=$eni; inside dig +time=3 +tries=2 @10.96.0.2 api.models.test A | grep -q 'status: NXDOMAIN'"
check "and the host outside is not reached" not page_inside
check "though it answers" curl -fsS -m 5 -o /dev/null http://198.51.100.10/
[ $failures -eq 0 ]
