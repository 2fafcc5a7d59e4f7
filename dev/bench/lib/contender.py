"""One server under measurement."""

from lib import machine
from lib.machine import BenchError


class Contender:
    """One server under one name: a command that stays in the foreground and answers on a port."""

    def __init__(self, name, argv, env, directory, port):
        self.name = name
        self.argv = [str(a) for a in argv]
        self.env = env
        self.directory = directory
        self.port = port
        self.process = None
        self.log = directory / "output"

    def __enter__(self):
        self.directory.mkdir(parents=True, exist_ok=True)
        with open(self.log, "wb") as output:
            self.process = machine.start(self.argv, self.env, self.directory, output)
        try:
            machine.wait_for_banner(self.process, self.port, self.log)
        except BenchError as e:
            machine.stop(self.process)
            raise BenchError(f"{self.name}: {e}\ncommand: {' '.join(self.argv)}") from None
        return self

    def __exit__(self, *_):
        machine.stop(self.process)

    def resident_bytes(self):
        return machine.resident_bytes(self.process.pid)
