"""The scenarios in which messages are accepted and delivered."""

import contextlib
import os
import poplib
import re
import time
from dataclasses import dataclass

from lib import machine
from lib.machine import BenchError
from lib.report import Goal, Table, median, megabytes
from lib.site import ACCOUNTS, NAME, TOP

DRAIN_SECONDS = 120
SMTP_SINK = TOP / ".peers/postfix/usr/sbin/smtp-sink"
POSTFIX_LIBRARIES = TOP / ".peers/postfix/usr/lib/postfix"


@dataclass(frozen=True)
class Case:
    """One load: clients at a time, messages a connection, octets a message."""

    clients: int
    messages: int
    octets: int

    def __str__(self):
        return f"{self.clients} × {self.messages}, {self.octets // 1024} KB"


CASES = [
    Case(clients, messages, octets) for octets in (1024, 10240) for messages in (1, 10) for clients in (1, 16, 64)
]


class Sink:
    """smtp-sink, the hop: takes everything, and counts."""

    def __init__(self, directory):
        self.port = machine.free_port()
        self.output = directory / f"sink-{self.port}"
        self.process = None

    def __enter__(self):
        env = {**os.environ, "LD_LIBRARY_PATH": str(POSTFIX_LIBRARIES)}
        argv = [str(SMTP_SINK), "-c", "-u", "nobody", f"127.0.0.1:{self.port}", "1024"]
        if os.getuid() != 0:
            del argv[2:4]
        with open(self.output, "wb") as output:
            self.process = machine.start(argv, env, self.output.parent, output)
        machine.wait_for_banner(self.process, self.port, self.output)
        return self

    def __exit__(self, *_):
        machine.stop(self.process)

    def count(self):
        with open(self.output, "rb") as said:
            said.seek(max(0, self.output.stat().st_size - 200))
            counted = re.findall(rb"mesg=(\d+)", said.read())
        return int(counted[-1]) if counted else 0


class Maildirs:
    """The other end of local delivery. While messages come, the server's log is counted: listing Maildirs costs more than filling them."""

    def __init__(self, base, log, word):
        self.base = base
        self.log = log
        self.word = word
        self.read = 0
        self.counted = 0
        self.before = self.files()

    def count(self):
        with open(self.log, "rb") as said:
            said.seek(self.read)
            lines = said.read()
        end = lines.rfind(b"\n") + 1
        self.read += end
        self.counted += lines[:end].count(self.word)
        return self.counted

    def files(self):
        """What is in new/ of all users."""
        total = 0
        for i in range(1, ACCOUNTS + 1):
            with contextlib.suppress(FileNotFoundError):
                total += len(os.listdir(self.base / f"user{i}" / "Maildir" / "new"))
        return total

    def verify(self, contender):
        there = self.files() - self.before
        if there != self.counted:
            raise BenchError(f"{contender.name}: {self.counted} deliveries in its log, {there} messages in its Maildirs")


def log_in(contender):
    if hasattr(contender, "login"):
        port, user, password = contender.login
        pop = poplib.POP3("127.0.0.1", port)
        pop.user(user)
        pop.pass_(password)
        pop.quit()


@dataclass(frozen=True)
class Carried:
    accepted: float  # messages a second
    arrived: float  # messages a second, from the first connection to the last arrival
    failed: int
    first_error: str


def carry(generator, contender, end, case, seconds, recipient):
    before = end.count()
    began = time.monotonic()
    load = ["-m", case.messages, "-s", case.octets, *recipient]
    sent = generator.run("send", contender.port, case.clients, seconds, *load)
    until = time.monotonic() + DRAIN_SECONDS
    while end.count() - before < sent.messages:
        if time.monotonic() > until:
            raise BenchError(f"{contender.name}: {end.count() - before} of {sent.messages} arrived in {DRAIN_SECONDS} s")
        time.sleep(0.02)
    took = time.monotonic() - began
    return Carried(sent.messages / sent.seconds, sent.messages / took, sent.failed, sent.first_error)


HEAD = ["clients × messages a connection, size", "", "accepted/s", "rounds", "arrived/s", "rounds"]


def measured(table, ends, generator, effort, cases, recipient):
    """Each case, each contender in turn; returns {case: [(accepted, arrived), …]}, ours first."""
    medians = {}
    contenders = list(ends)
    for contender in contenders:
        log_in(contender)
        carry(generator, contender, ends[contender], Case(64, 10, 1024), effort.warm_up, recipient)
    for case in cases:
        rounds = {c: [] for c in contenders}
        for _ in range(effort.rounds):
            for c in contenders:
                rounds[c].append(carry(generator, c, ends[c], case, effort.seconds / 2, recipient))
        for c in contenders:
            accepted = median([r.accepted for r in rounds[c]])
            arrived = median([r.arrived for r in rounds[c]])
            medians.setdefault(case, []).append((accepted, arrived))
            cells = [case if c is contenders[0] else "", c.name]
            cells += [f"**{accepted:,.0f}**", " ".join(f"{r.accepted:,.0f}" for r in rounds[c])]
            cells += [f"**{arrived:,.0f}**", " ".join(f"{r.arrived:,.0f}" for r in rounds[c])]
            ours = medians[case][0]
            if c is not contenders[0]:
                cells[2] += f" (× {ours[0] / accepted:.2f})"
                cells[4] += f" (× {ours[1] / arrived:.2f})"
            table.rows.append(cells)
            failed = sum(r.failed for r in rounds[c])
            if failed:
                table.failed += failed
                table.errors.append(f"{c.name}, {case}: {failed} sessions, the first: {rounds[c][0].first_error}")
    for c in contenders:
        table.rows.append(["memory, MB", c.name, megabytes(c.resident_bytes()), "", "", ""])
    return medians


def ratio_goal(what, ours, theirs, wanted):
    ratio = ours / theirs
    return Goal(f"{what}: at least {wanted:g} times: {ratio:.2f}", ratio >= wanted)


def about(effort, what):
    return (
        f"{what}; both log; median of {effort.rounds} rounds of {effort.seconds / 2:g} s, in turn. *accepted*: answered 250; "
        "*arrived*: until the last message was there. In brackets: ours is × Postfix's."
    )


def mta_relay(site, generator, effort):
    """Messages accepted and relayed to smtp-sink, beside Postfix (goals: 5 times accepted, 3 times arrived)."""
    table = Table("mta-relay", about(effort, "SMTP in, smtp-sink as the next hop"), HEAD)
    with contextlib.ExitStack() as stack:
        ends = {}
        for make in (site.mta_serve, *([site.mta_postfix] if site.root else [])):
            sink = stack.enter_context(Sink(site.directory))
            ends[stack.enter_context(make(f"relay-{len(ends)}", sink.port))] = sink
        cases = CASES if effort.rounds > 1 else [CASES[0], CASES[2], CASES[5]]
        medians = measured(table, ends, generator, effort, cases, ["-r", "load@elsewhere.example"])
    for case, both in medians.items():
        if len(both) > 1:
            accepted, arrived = zip(*both)
            table.goals.append(ratio_goal(f"{case}, accepted", *accepted, 5 if case.clients == 64 else 1))
            if case.clients > 1:
                table.goals.append(ratio_goal(f"{case}, arrived", *arrived, 3))
    return table


def mta_maildir(site, generator, effort):
    """Messages accepted and delivered into 100 Maildirs, beside Postfix (goal: 3 times arrived)."""
    table = Table("mta-maildir", about(effort, f"SMTP in, {ACCOUNTS} Maildirs"), HEAD)
    with contextlib.ExitStack() as stack:
        ours = stack.enter_context(site.mta_serve("maildir-0", 9))
        ends = {ours: Maildirs(site.homes, ours.log, b": success: ")}
        if site.root:
            theirs = stack.enter_context(site.mta_postfix("maildir-1", 9))
            ends[theirs] = Maildirs(theirs.directory / "maildirs", theirs.directory / "postfix" / "log", b" status=sent ")
        cases = CASES if effort.rounds > 1 else [CASES[0], CASES[2], CASES[5]]
        medians = measured(table, ends, generator, effort, cases, ["-r", f"user@{NAME}", "-U", ACCOUNTS])
        for contender, maildirs in ends.items():
            maildirs.verify(contender)
    for case, both in medians.items():
        if len(both) > 1:
            accepted, arrived = zip(*both)
            table.goals.append(ratio_goal(f"{case}, accepted", *accepted, 5 if case.clients == 64 else 1))
            if case.clients > 1:
                table.goals.append(ratio_goal(f"{case}, arrived", *arrived, 3))
    return table
