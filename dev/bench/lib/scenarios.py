"""The scenarios, one function each: what is started, what load it gets, and the goal it is judged by."""

import contextlib
import pwd
import subprocess
from dataclasses import dataclass

from lib import machine, mta
from lib.load import milliseconds
from lib.machine import BenchError
from lib.report import Goal, Table, median, megabytes
from lib.site import ACCOUNTS, PASSWORD, compile_c

ROOT_ACCOUNTS = 50
ROOT_PREFIX = "pbench"


@dataclass(frozen=True)
class Effort:
    """How long and how much."""

    clients: int  # at a time
    rounds: int  # of each contender, in turn
    seconds: float  # of a round
    warm_up: float  # seconds of load before the first round, for each contender
    idle: int  # connections
    starts: int  # of relay-ctrl-check


FULL = Effort(clients=64, rounds=3, seconds=8, warm_up=15, idle=10_000, starts=50)
SHORT = Effort(clients=64, rounds=1, seconds=2, warm_up=4, idle=500, starts=10)


def compared(table, contenders, generator, effort, mode, *more):
    """Each contender in turn, and again, until each had its rounds; a row each, ratios to every peer.

    The first contender is ours. Returns the medians of sessions a second.
    """
    warm_up = {c: generator.run(mode, c.port, effort.clients, effort.warm_up, *more) for c in contenders}
    rounds = {c: [] for c in contenders}
    memory = {c: [] for c in contenders}
    for _ in range(effort.rounds):
        for c in contenders:
            rounds[c].append(generator.run(mode, c.port, effort.clients, effort.seconds, *more))
            memory[c].append(c.resident_bytes())
    rates = [median([r.rate for r in rounds[c]]) for c in contenders]
    for c, rate in zip(contenders, rates):
        every = [warm_up[c], *rounds[c]]
        failed = sum(r.failed for r in every)
        if failed:
            table.failed += failed
            first = next(r.first_error for r in every if r.failed)
            table.errors.append(f"{c.name}: {failed} sessions, the first: {first}")
        table.rows.append(
            [
                c.name,
                f"**{rate:,.0f}**",
                " ".join(f"{r.rate:,.0f}" for r in rounds[c]),
                f"{median([r.p50 for r in rounds[c]]):.1f}",
                f"{median([r.p99 for r in rounds[c]]):.1f}",
                f"{rates[0] / rate:.2f}" if rate and c is not contenders[0] else "",
                megabytes(max(memory[c])),
                failed,
            ]
        )
    return rates


COMPARED = ["", "sessions/s", "rounds", "p50 ms", "p99 ms", "ours is × this", "MB", "failed"]


def load_words(effort, session):
    return (
        f"{session}; {effort.clients} clients at a time, median of {effort.rounds} rounds of {effort.seconds:g} s, "
        f"in turn, after {effort.warm_up:g} s of the same load as a warm-up (the JVM compiles, the others fork)."
    )


def ratio_goal(rates, peer, wanted):
    ratio = rates[0] / rates[peer] if rates[peer] else float("inf")
    return Goal(f"at least {wanted:g} times: {ratio:.2f}", ratio >= wanted)


def beside_dovecot(site):
    return [site.dovecot("uncached"), site.dovecot("cached")] if site.root else []


USERS = ["-u", "user", "-U", ACCOUNTS, "-w", PASSWORD]


def pop_beside_dovecot(name, where, site, generator, effort, *addresses):
    session = f"Connect, USER, PASS, STAT, QUIT; {ACCOUNTS} accounts of one uid, {{PLAIN}}, {where}; all of them log"
    table = Table(name, load_words(effort, session), COMPARED)
    with contextlib.ExitStack() as stack:
        servers = [site.pop(name), *beside_dovecot(site), site.floor("pop")]
        contenders = [stack.enter_context(c) for c in servers]
        rates = compared(table, contenders, generator, effort, "pop", *USERS, *addresses)
    if len(rates) > 2:
        table.goals.append(ratio_goal(rates, 1, 5))
    return table


def pop(site, generator, effort):
    """POP sessions through the recipe's whole chain, beside tuned Dovecot (goal: 5 times)."""
    addresses = ["-S", "127.1.0.1", "-N", ACCOUNTS]
    return pop_beside_dovecot("pop", "each at an address of its own", site, generator, effort, *addresses)


def pop_nat(site, generator, effort):
    """The same with all users behind one address, so that each login replaces its grant (goal: 5 times)."""
    return pop_beside_dovecot("pop-nat", "all at one address", site, generator, effort)


def smtp(site, generator, effort):
    """SMTP sessions through rules and relay check, beside Postfix as packaged (goal: 3.6 times)."""
    table = Table("smtp", load_words(effort, "Connect, HELO, QUIT; all of them log"), COMPARED)
    peers = [site.postfix("packaged")] if site.root else []
    with contextlib.ExitStack() as stack:
        contenders = [stack.enter_context(c) for c in [site.smtp("smtp"), *peers, site.floor("smtp")]]
        rates = compared(table, contenders, generator, effort, "hello")
    if len(rates) > 2:
        table.goals.append(ratio_goal(rates, 1, 3.6))
    return table


def smtp_bare(site, generator, effort):
    """The same with nothing logged, beside a Postfix stripped to the bone (no goal: for the record)."""
    table = Table("smtp-bare", load_words(effort, "Connect, HELO, QUIT; nobody logs"), COMPARED)
    peers = [site.postfix("bare")] if site.root else []
    with contextlib.ExitStack() as stack:
        contenders = [stack.enter_context(c) for c in [site.smtp("smtp-bare", verbose=False), *peers]]
        compared(table, contenders, generator, effort, "hello")
    return table


@contextlib.contextmanager
def system_accounts(site):
    """Real accounts in /etc/passwd and /etc/shadow, gone again afterwards; their hash is a cheap one."""
    made = subprocess.run(
        ["mkpasswd", "-m", "sha-256", "-R", "1000", PASSWORD], capture_output=True, text=True, check=True
    )
    names = [f"{ROOT_PREFIX}{i}" for i in range(1, ROOT_ACCOUNTS + 1)]
    home = site.directory / "root-homes"
    remove_accounts(names)
    try:
        for name in names:
            add = ["useradd", "--no-create-home", "--no-log-init", "--user-group", "--home-dir", str(home / name)]
            subprocess.run([*add, "--password", made.stdout.strip(), name], check=True)
            entry = pwd.getpwnam(name)
            site.maildir(home / name, entry.pw_uid, entry.pw_gid)
        yield
    finally:
        remove_accounts(names)


def remove_accounts(names):
    for name in names:
        subprocess.run(["userdel", name], stderr=subprocess.DEVNULL, check=False)


def pop_root(site, generator, effort):
    """The recipe as printed: tcpserver as root, 50 system accounts, each with its own uid (goal: 400 a second)."""
    session = f"Connect, USER, PASS, STAT, QUIT; {ROOT_ACCOUNTS} system accounts, sha-256 of 1,000 rounds"
    table = Table("pop-root", load_words(effort, session), COMPARED)
    if not site.root:
        raise BenchError("pop-root needs root: it adds system accounts, and removes them")
    with system_accounts(site), site.pop("pop-root", env={}, drop=False) as ours:
        users = ["-u", ROOT_PREFIX, "-U", ROOT_ACCOUNTS, "-w", PASSWORD]
        rates = compared(table, [ours], generator, effort, "pop", *users)
    table.goals.append(Goal(f"at least 400 sessions a second: {rates[0]:,.0f}", rates[0] >= 400))
    return table


def pop_foreign(site, generator, effort):
    """A foreign checkpassword between qmail-popup and relay-ctrl-allow (goal: the original's 45 a second)."""
    session = "Connect, USER, PASS, STAT, QUIT; checkpassword is a C program that is not ours"
    table = Table("pop-foreign", load_words(effort, session), COMPARED)
    foreign = compile_c("checkpassword", site.directory)
    foreign.chmod(0o755)
    env = {"BENCH_PASSWORD": PASSWORD, "BENCH_HOMES": str(site.homes)}
    with site.pop("pop-foreign", checkpassword=foreign, env=env) as ours:
        rates = compared(table, [ours], generator, effort, "pop", *USERS)
    table.goals.append(Goal(f"at least 45 sessions a second: {rates[0]:,.0f}", rates[0] >= 45))
    return table


def idle(site, generator, effort):
    """Idle SMTP connections after HELO: the memory of the whole server (goal: 10,000 in less than 400 MB)."""
    table = Table("idle", "SMTP connections that said HELO and are silent.", ["", "connections", "MB", "KB each more"])
    machine.raise_open_files(effort.idle + 200)
    with site.smtp("idle", limit=effort.idle + 100) as ours:
        before = ours.resident_bytes()
        held = generator.hold("idlesmtp", ours.port, effort.idle, 120, ours.resident_bytes)
    table.rows.append([ours.name, 0, megabytes(before), ""])
    table.rows.append([ours.name, f"{effort.idle:,}", megabytes(held), f"{(held - before) / effort.idle / 1000:.1f}"])
    table.goals.append(Goal(f"less than 400 MB: {megabytes(held)}", held < 400_000_000))
    return table


def check(site, generator, effort):
    """One relay-ctrl-check, started as a process of its own in front of true (no goal: stated)."""
    table = Table(
        "check",
        f"A process each, {effort.starts} times, from before its start to after its end; the grant is there.",
        ["", "median ms", "fastest", "slowest"],
    )
    env = {**site.env, "RELAY_CTRL_DIR": str(site.spool), "RELAY_CTRL_EXPIRY": "86400", "TCPREMOTEIP": "127.0.0.1"}
    commands = [[f"{site.programs}/relay-ctrl-check", "/bin/true"], ["/bin/true"]]
    for command in commands:
        milliseconds(command, env, 3)
        taken = milliseconds(command, env, effort.starts)
        shown = " ".join(word.rsplit("/", 1)[-1] for word in command)
        table.rows.append([f"`{shown}`", f"**{median(taken):.1f}**", f"{taken[0]:.1f}", f"{taken[-1]:.1f}"])
    return table


SCENARIOS = {
    "pop": pop,
    "pop-nat": pop_nat,
    "smtp": smtp,
    "smtp-bare": smtp_bare,
    "pop-root": pop_root,
    "pop-foreign": pop_foreign,
    "idle": idle,
    "check": check,
    "mta-relay": mta.mta_relay,
    "mta-maildir": mta.mta_maildir,
}
