"""The load generator mailload and what it measured."""

import json
import os
import signal
import subprocess
import time
from dataclasses import dataclass

from lib import machine
from lib.machine import BenchError

SESSION_SECONDS = 20  # a session that takes longer has failed


@dataclass(frozen=True)
class Round:
    """One run of the generator against one server."""

    rate: float  # sessions a second
    p50: float  # ms
    p99: float  # ms
    failed: int  # sessions
    generator_cpu: float  # of one processor, 0 to 1
    first_error: str
    messages: int = 0  # of send: accepted
    seconds: float = 0


class Generator:
    def __init__(self, program, directory):
        self.program = program
        self.directory = directory

    def _start(self, arguments):
        argv = [str(self.program), *[str(a) for a in arguments]]
        output = open(self.directory / "mailload.out", "w+")  # closed by the caller
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=output, start_new_session=True)
        machine.prefer(process.pid)
        return process, output

    def run(self, mode, port, clients, seconds, *more):
        """clients sessions at a time for so many seconds."""
        limits = ["-n", 0, "-t", seconds, "-T", SESSION_SECONDS]
        process, output = self._start([mode, "-p", port, "-c", clients, *limits, *more])
        with output:
            try:
                process.wait()
            finally:
                machine.stop(process)
            output.seek(0)
            text = output.read()
        try:
            said = json.loads(text)
        except ValueError:
            raise BenchError(f"mailload {mode} ended with {process.returncode} and said: {text!r}") from None
        return Round(
            rate=said["sessions_per_s"],
            p50=said["ms_p50"],
            p99=said["ms_p99"],
            failed=said["failed"],
            generator_cpu=said["client_cpu_s"] / max(said["secs"], 0.001),
            first_error=said["first_error"],
            messages=said["ok"] * said["m"],
            seconds=said["secs"],
        )

    def hold(self, mode, port, connections, seconds, measure):
        """Holds idle connections and returns measure(), called once all of them are up."""
        process, output = self._start([mode, "-p", port, "-c", connections, "-t", seconds])
        with output:
            try:
                until = time.monotonic() + seconds + 5  # the generator ends by itself, and says how far it came
                while time.monotonic() < until:
                    output.seek(0)
                    if output.read().startswith(f"READY {connections}"):
                        return measure()
                    if process.poll() is not None:
                        break
                    time.sleep(0.1)
                output.seek(0)
                raise BenchError(f"{connections} connections were not up within {seconds} s: {output.read()!r}")
            finally:
                machine.stop(process)


def milliseconds(argv, env, times):
    """How long argv takes from before it is started until it has ended, sorted."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        pid = os.posix_spawn(argv[0], argv, env, setsigdef=[signal.SIGPIPE])
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        taken.append((time.perf_counter() - start) * 1000)
        if status != 0:
            raise BenchError(f"{' '.join(argv)} ended with {status}")
    return sorted(taken)
