"""Processes on this machine: start them alone, let them have the processors, know their memory, end them."""

import os
import resource
import signal
import socket
import subprocess
import time
from pathlib import Path

READY_SECONDS = 60
STOP_SECONDS = 15


class BenchError(Exception):
    """What is told to whoever called, without a stack trace."""


def start(argv, env, cwd, output):
    """Starts argv in a session of its own, so that its scheduler group is its own and it can be ended as a whole."""
    process = subprocess.Popen(
        argv, env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
    )
    prefer(process.pid)
    return process


def prefer(pid):
    """Puts the session of pid ahead of everything else on the machine (sched(7), autogroup).

    Generator and servers get the same, each in its own group; only other jobs stand back. Where the kernel or a
    missing privilege refuses, the run goes on: report.py names the load that was there at the start.
    """
    try:
        Path(f"/proc/{pid}/autogroup").write_text("-19")
    except OSError:
        pass


def session_pids(session):
    """The living processes of a session."""
    pids = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            fields = stat[stat.rindex(")") + 2 :].split()
            if fields[0] != "Z" and int(fields[3]) == session:
                pids.append(int(entry.name))
    return pids


def resident_bytes(session):
    """The memory of a session's processes; what they share is counted once (Pss of smaps_rollup)."""
    total = 0
    for pid in session_pids(session):
        try:
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
        except OSError:
            continue
    return total


def stop(process):
    """TERM to the first process, then whatever is left of its session."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    for pid in session_pids(process.pid):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for_banner(process, port, log):
    """Returns once something answers on the port with its first octets."""
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            raise BenchError(f"ended with {process.returncode} before it answered; it said:\n{tail(log)}")
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as s:
                if s.recv(1):
                    return
        except OSError:
            pass
        time.sleep(0.05)
    raise BenchError(f"no banner on port {port} within {READY_SECONDS} s; it said:\n{tail(log)}")


def tail(path, limit=2000):
    try:
        return Path(path).read_text(errors="replace")[-limit:].rstrip()
    except OSError as e:
        return f"({e})"


def raise_open_files(wanted):
    """As many descriptors as a scenario with wanted connections needs, for us and what we start."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise BenchError(f"{wanted} open files are needed and the hard limit is {hard} (ulimit -Hn)")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
