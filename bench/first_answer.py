"""Starts a program and prints the whole milliseconds until its port answers /_stratus/health; then ends it. Usage: first_answer.py PORT PROGRAM [ARGUMENT…]"""
import http.client
import subprocess
import sys
import time

port, command = int(sys.argv[1]), sys.argv[2:]
began = time.monotonic()
process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
try:
    while True:
        if process.poll() is not None or time.monotonic() - began > 30:
            sys.exit("it did not start")
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/_stratus/health")
            if connection.getresponse().status == 200:
                break
        except OSError:
            time.sleep(0.001)
    print(round((time.monotonic() - began) * 1000))
    purge = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    purge.request("POST", "/_stratus/purge")
    purge.getresponse().read()
finally:
    process.terminate()
    process.wait(20)
