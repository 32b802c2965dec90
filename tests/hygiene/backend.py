"""The backend without one of its protections: a changed source or a turned setting, and the test that must notice."""
import json
import os
import pathlib
import re
import shlex
import socket
import subprocess
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCES = ROOT / "app/backend"

# (what is gone, file, its text, the text instead, suite.Class.test)
CHANGED = (
    ("validation of fields", "json_body.cpp", "  if (errors.empty()) return;\n", "  return;\n", "contract_test.Contract.test_every_path_status_and_schema"),
    ("the limit of a body", "api.cpp", 'kPost{"POST", BodyLimits::kJson,', 'kPost{"POST", 64U << 20,', "contract_test.Contract.test_every_path_status_and_schema"),
    ("limits per minute and per hour", "counsel/limits.cpp", "  if (bucket.level + 1e-9 < wanted)\n", "  if (client.empty())\n", "chat_test.Chat.test_tokens_are_counted_per_client"),
    ("the count of streams", "counsel/limits.cpp", "  if (mine >= most_per_client_) return", "  if (mine < 0) return", "chat_test.Chat.test_streams_are_counted_per_client"),
    ("the circuit breaker", "counsel/limits.cpp", "  if (failures_ < kFailures) return true;\n", "  if (failures_ >= 0) return true;\n", "chat_test.Chat.test_a_failing_service_is_spared_by_the_circuit_breaker"),
    ("the look at the service's certificate", "counsel/connection.cpp", "SSL_VERIFY_PEER", "SSL_VERIFY_NONE", "chat_test.Chat.test_a_service_with_another_certificate_is_not_spoken_to"),
    ("the marks around a résumé", "counsel/prompt.cpp", '  return fence + " BEGIN "', '  if (!clean.empty()) return clean;\n  return fence + " BEGIN "', "chat_test.Chat.test_a_resume_is_data_and_never_an_instruction"),
    ("the signposts in distress", "counsel/safety.cpp", "  if (const Tongue* tongue = distress_in(message)) return", "  if (const Tongue* tongue = message.empty() ? distress_in(message) : nullptr) return", "chat_test.Chat.test_distress_meets_people_and_no_model"),
    ("the refusal of law, medicine and money", "counsel/safety.cpp", "    if (holds(scopes[i], text)) return", "    if (message.empty()) return", "chat_test.Chat.test_law_medicine_and_money_are_left_to_others"),
    ("the reader's filter of system calls", "resume/sandbox.cpp", "  ok = ok && seccomp_load(filter) == 0;\n", "", "files_test.Reader.test_it_is_locked_in_before_it_reads"),
    ("the reader's limit of memory", "resume/sandbox.cpp", "  limit(RLIMIT_AS, kMemory);\n", "", "files_test.Reader.test_it_is_locked_in_before_it_reads"),
    ("the reader's empty environment", "resume/sandbox.cpp", "  char* environment[] = {nullptr};\n", "  char** environment = ::environ;\n", "files_test.Reader.test_the_server_starts_it_without_the_key"),
    ("the reader's empty hands", "resume/sandbox.cpp", "  posix_spawn_file_actions_addclosefrom_np(&actions, 3);", "", "files_test.Reader.test_it_holds_nobodys_connection"),
    ("the balancer's own word on who asks", "server.cpp", 'joined(message, "X-Forwarded-For")', 'view(message["X-Forwarded-For"])', "chat_test.Chat.test_streams_are_counted_per_client"),
    ("the refusal of macros", "resume/docx_text.cpp", '"file-macros"', '"file-type"', "files_test.Files.test_macros_scripts_and_passwords_are_refused"),
)
# (what is gone, the setting that turns it off, suite.Class.test)
TURNED = (
    ("draining", {"DRAIN_SECONDS": "0"}, "contract_test.Contract.test_every_path_status_and_schema"),
    ("the wait for a silent service", {"FIRST_BYTE_SECONDS": "16"}, "chat_test.Chat.test_a_silent_service_is_given_up"),
)
# In what the test ends when it notices, where that is no assertion.
CLOSED = r"ConnectionRefusedError|ConnectionResetError|BrokenPipeError|http\.client\.RemoteDisconnected"  # which of them is a matter of microseconds
ERRORS = {"the marks around a résumé": "ValueError", "the refusal of law, medicine and money": "KeyError", "draining": CLOSED}


def start_once(binary, patience=30):
    """A program that does not serve would fail any test: it is started, and must be healthy."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with subprocess.Popen([str(binary)], env={"PORT": str(port), "PATH": os.environ.get("PATH", "")}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            end = time.monotonic() + patience
            while True:
                try:
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2):
                        return  # 200: anything else is an error
                except OSError as error:
                    if process.poll() is not None or time.monotonic() > end:
                        raise RuntimeError(f"it does not serve: {error}") from None
                    time.sleep(0.05)
        finally:
            process.kill()


def verdict(test, code, said, error=None):
    """Whether the test holds or fails (or ends in that error), by the runner's own account; RuntimeError for an end that says neither, such as an import that failed."""
    last = said.strip().splitlines()[-1] if said.strip() else "it said nothing"
    if code == 0 and re.search(r"^Ran 1 test ", said, re.M) and last == "OK":
        return True, last
    suite, name = test.rsplit(".", 1)
    kind, count = ("ERROR", "errors") if error else ("FAIL", "failures")
    ended = re.search(rf"^{kind}: {name} \({re.escape(suite)}[.)]", said, re.M) and re.search(rf"^(?:{error or 'AssertionError'})\b", said, re.M)
    if code == 1 and ended and re.fullmatch(rf"FAILED \({count}=\d+\)", last):
        return False, last
    errors = re.findall(r"^[\w.]+: .*", said, re.M)
    raise RuntimeError(f"{test} neither held nor failed as it should: exit code {code}, {last}; {'; '.join(errors)[-200:]}")


def covered(binary, test, error=None, patience=120):
    """Whether the test holds for this program, or fails (or ends in that error), and its last words."""
    start_once(binary)
    environment = {**os.environ, "COUNSELOR_BACKEND": str(binary), "COUNSELOR_OPENAPI": str(ROOT / "app/openapi.yaml"), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(["python3", "-m", "unittest", test], cwd=SOURCES / "tests", env=environment, capture_output=True, text=True, timeout=patience, check=False)
    return verdict(test, done.returncode, done.stderr, error)


def compiled(build, work, file, before, after):
    """The program with the change, made beside the tree: that one object stands before the library that holds the true one."""
    text = (SOURCES / file).read_text(encoding="utf-8")
    if text.count(before) < 1:
        raise LookupError(f"{file} has no such text any more: {before.strip()}")
    entry = next(e for e in json.loads((build / "compile_commands.json").read_text()) if e["file"] == str(SOURCES / file))
    source, made = work / pathlib.Path(file).name, work / "mutant.o"
    source.write_text(text.replace(before, after), encoding="utf-8")
    command = shlex.split(entry["command"])
    command[command.index("-o") + 1], command[command.index("-c") + 1] = str(made), str(source)
    subprocess.run(command + ["-w"], cwd=entry["directory"], check=True)
    links = subprocess.run(["ninja", "-C", str(build), "-t", "commands", "counselor-backend"], capture_output=True, text=True, check=True).stdout
    link = shlex.split(links.strip().splitlines()[-1].removeprefix(": && ").removesuffix(" && :"))
    binary = work / "counselor-backend"
    link[link.index("-o") + 1] = str(binary)
    link.insert(next(i for i, word in enumerate(link) if word.endswith(".a")), str(made))
    # The whole library would have the object twice; the linker takes from it only what is not there yet.
    subprocess.run(link, cwd=build, check=True)
    return binary


def turned(binary, work, settings):
    wrapper = work / "counselor-backend"
    wrapper.write_text("#!/bin/sh\nexec env " + " ".join(f"{k}={v}" for k, v in settings.items()) + f' {shlex.quote(str(binary))} "$@"\n')
    wrapper.chmod(0o755)
    return wrapper
