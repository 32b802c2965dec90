"""Waits until something listens on a port of this machine, 30 seconds at most. Usage: wait_port.py PORT"""
import socket
import sys
import time

end = time.monotonic() + 30
while time.monotonic() < end:
    try:
        socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=1).close()
        sys.exit(0)
    except OSError:
        time.sleep(0.05)
sys.exit("nothing listens on port " + sys.argv[1])
