"""A small DNS client: what the host's resolver of the daemon under test answers. `run.py` tells where it listens.

As a program, inside a network namespace: resolver.py SERVER NAME TYPE    prints the answer's code and its values.
"""
import os
import socket
import struct
import subprocess
import sys
from dataclasses import dataclass, field

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33, "CAA": 257}
NAMES = {number: name for name, number in TYPES.items()}


def host_resolver():
    return os.environ["STRATUS_TEST_DNS"]


def hosts_file():
    with open(os.environ["STRATUS_TEST_HOSTS"], encoding="utf-8") as file:
        return file.read()


@dataclass
class Answer:
    rcode: int
    authoritative: bool
    values: list = field(default_factory=list)
    ttl: int = 0
    authority: list = field(default_factory=list)  # (type, owner)
    additional: list = field(default_factory=list)


def query_bytes(name, kind):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.rstrip(".").split("."))
    return struct.pack(">HHHHHH", 0x1234, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", TYPES[kind], 1)


def read_name(message, at):
    labels = []
    end = None
    while message[at]:
        if message[at] >= 0xC0:
            end = end or at + 2
            at = struct.unpack_from(">H", message, at)[0] & 0x3FFF
            continue
        labels.append(message[at + 1:at + 1 + message[at]].decode())
        at += 1 + message[at]
    return ".".join(labels), end or at + 1


def value_of(message, at, kind, length):
    data = message[at:at + length]
    if kind == TYPES["A"]:
        return socket.inet_ntoa(data)
    if kind == TYPES["AAAA"]:
        return socket.inet_ntop(socket.AF_INET6, data)
    if kind == TYPES["TXT"]:
        text = b""
        while data:
            text, data = text + data[1:1 + data[0]], data[1 + data[0]:]
        return text.decode()
    if kind in (TYPES["CNAME"], TYPES["NS"], TYPES["PTR"]):
        return read_name(message, at)[0]
    return data.hex()


def parse(message):
    _, flags, questions, answers, authorities, additionals = struct.unpack_from(">HHHHHH", message)
    out = Answer(flags & 15, bool(flags & 0x0400))
    at = 12
    for _ in range(questions):
        at = read_name(message, at)[1] + 4
    for index in range(answers + authorities + additionals):
        owner, at = read_name(message, at)
        kind, _, ttl, length = struct.unpack_from(">HHIH", message, at)
        at += 10
        if index < answers:
            out.values.append(value_of(message, at, kind, length))
            out.ttl = ttl
        elif index < answers + authorities:
            out.authority.append((NAMES.get(kind, kind), owner))
        elif kind != 41:
            out.additional.append(value_of(message, at, kind, length))
        at += length
    return out


def ask(name, kind, tcp=False, server=None):
    where = (server or host_resolver(), 53)
    query = query_bytes(name, kind)
    if not tcp:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.settimeout(5)
            udp.sendto(query, where)
            return parse(udp.recv(4096))
    with socket.create_connection(where, timeout=5) as stream:
        stream.sendall(struct.pack(">H", len(query)) + query)
        file = stream.makefile("rb")
        return parse(file.read(struct.unpack(">H", file.read(2))[0]))


def ask_inside(interface_id, server, name, kind):
    """(code, values) as whoever has this interface hears it."""
    said = subprocess.run(["ip", "netns", "exec", f"{os.environ['STRATUS_TEST_TAG']}-{interface_id}", sys.executable, __file__, server, name, kind],
                          capture_output=True, text=True, timeout=20, check=False)
    if said.returncode != 0:
        return None, said.stderr.splitlines()[-1:]
    code, *values = said.stdout.split()
    return int(code), sorted(values)


if __name__ == "__main__":
    heard = ask(sys.argv[2], sys.argv[3], server=sys.argv[1])
    print(heard.rcode, *heard.values)
