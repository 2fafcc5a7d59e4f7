"""The files of one run, and the servers that use them: Postern's chains as the recipe has them, and their peers."""

import os
import subprocess
from pathlib import Path

from lib import machine
from lib.contender import Contender
from lib.machine import BenchError

NAME = "bench.example"
PASSWORD = "secret"
ACCOUNTS = 100
MESSAGES = 10
MESSAGE = b"From: <a@client.example>\nSubject: one kilobyte\n\n" + (b"x" * 63 + b"\n") * 15

TOP = Path(__file__).resolve().parents[3]
BENCH = TOP / "dev" / "bench"


class Site:
    """The directory of one run: accounts, Maildirs, the spool of grants, a control directory, compiled rules.

    Everything belongs to one unprivileged account: the caller's own, or nobody's where the caller is root
    (tcpserver then gets -u and -g). A checkpassword refuses uid 0, as it should.
    """

    def __init__(self, directory, programs, name):
        self.directory = directory
        self.programs = programs
        self.name = name  # of the programs, in the tables
        self.root = os.getuid() == 0
        self.uid, self.gid = (65534, 65534) if self.root else (os.getuid(), os.getgid())
        self.env = {
            "PATH": f"{programs}:/usr/sbin:/usr/bin:/sbin:/bin",
            "QMAILHOME": str(directory / "qmail"),
            "LANG": "C",
        }
        for name in ("JAVA_HOME", "POSTERN_JAVA_HOME", "HOME"):
            if name in os.environ:
                self.env[name] = os.environ[name]
        directory.chmod(0o755)
        self.homes = directory / "homes"
        self.users = self._accounts()
        self.spool = self._spool()
        self.envdir = self._settings()
        self.rules = self._rules()
        (self.spool / "127.0.0.1").touch()
        self._own(self.spool / "127.0.0.1")

    def _own(self, path):
        if self.root:
            os.chown(path, self.uid, self.gid)

    def _directory(self, path):
        path.mkdir(parents=True, exist_ok=True)
        self._own(path)
        return path

    def maildir(self, home, uid=None, gid=None):
        """A Maildir with MESSAGES messages that were seen before, named as our own deliveries name them."""
        size = len(MESSAGE)
        wire = size + MESSAGE.count(b"\n")
        made = [home, home / "Maildir"]
        for sub in ("new", "tmp", "cur"):
            made.append(home / "Maildir" / sub)
        for path in made:
            path.mkdir(parents=True, exist_ok=True)
        for i in range(MESSAGES):
            made.append(home / "Maildir" / "cur" / f"{1700000000 + i}.{i}.{NAME},S={size},W={wire}:2,S")
            made[-1].write_bytes(MESSAGE)
        if self.root:
            for path in made:
                os.chown(path, self.uid if uid is None else uid, self.gid if gid is None else gid)

    def _spool(self):
        """As the recipe makes it: open to every user of the machine, below a directory that is not."""
        above = self._directory(self.directory / "relay-ctrl-spool")
        above.chmod(0o700)
        spool = self._directory(above / "spool")
        spool.chmod(0o777)
        return spool

    def _accounts(self):
        lines = []
        for i in range(1, ACCOUNTS + 1):
            home = self.homes / f"user{i}"
            self.maildir(home)
            lines.append(f"user{i}:{{PLAIN}}{PASSWORD}:{self.uid}:{self.gid}::{home}:/bin/sh\n")
        users = self.directory / "users"
        users.write_text("".join(lines))
        users.chmod(0o640)
        self._own(users)
        return users

    def _settings(self):
        control = self._directory(self.directory / "qmail" / "control")
        (control / "me").write_text(f"{NAME}\n")
        (control / "rcpthosts").write_text(f"{NAME}\n")
        envdir = self._directory(self.directory / "relay-ctrl")
        (envdir / "RELAY_CTRL_DIR").write_text(f"{self.spool}\n")
        (envdir / "RELAY_CTRL_EXPIRY").write_text("86400\n")
        return envdir

    def _rules(self):
        rules = self.directory / "tcp.smtp.cdb"
        text = '10.:allow,RELAYCLIENT=""\n192.168.0-15.:allow,RELAYCLIENT=""\n172.16.1.1:deny\n:allow\n'
        command = [f"{self.programs}/tcprules", str(rules), f"{rules}.tmp"]
        made = subprocess.run(command, input=text, env=self.env, capture_output=True, text=True, check=False)
        if made.returncode != 0:
            raise BenchError(f"tcprules ended with {made.returncode}: {made.stderr}")
        return rules

    def _chain(self, options, drop=True):
        ids = ["-u", self.uid, "-g", self.gid] if self.root and drop else []
        start = ["envdir", self.envdir, "relay-ctrl-chdir", "tcpserver", "-b", 1024]
        return [*start, *options, "-l", NAME, "-R", "-H", *ids, "127.0.0.1"]

    def pop(self, where, checkpassword="checkpassword", env=None, drop=True):
        port = machine.free_port()
        session = ["qmail-popup", NAME, checkpassword, "relay-ctrl-allow", "qmail-pop3d", "Maildir"]
        argv = [*self._chain(["-v", "-c", 1000], drop), port, *session]
        environment = {**self.env, "CHECKPASSWORD_FILE": str(self.users)} if env is None else {**self.env, **env}
        return Contender(self.name, argv, environment, self.directory / where, port)

    def smtp(self, where, verbose=True, limit=1000):
        port = machine.free_port()
        options = [*(["-v"] if verbose else []), "-x", self.rules, "-c", limit]
        argv = [*self._chain(options), port, "relay-ctrl-check", "qmail-smtpd"]
        return Contender(self.name, argv, self.env, self.directory / where, port)

    def mta_serve(self, where, hop):
        """postern serve, as it delivers: bench.example into the accounts' Maildirs, all else to hop."""
        port, pop = machine.free_port(), machine.free_port()
        home = self._directory(self.directory / where / "state")
        home.chmod(0o711)
        settings = self.directory / where / "postern.toml"
        settings.write_text(
            f'me = "{NAME}"\nhome = "{home}"\n[pop3d]\nlisten = "127.0.0.1:{pop}"\n'
            f'[smtpd]\nlisten = "127.0.0.1:{port}"\n[relay]\nexpiry = 86400\n'
            f'[users]\nfile = "{self.users}"\n[send]\nconcurrencylocal = 64\nconcurrencyremote = 64\nsmtproutes = [":127.0.0.1:{hop}"]\n'
        )
        ids = ["setpriv", "--reuid", self.uid, "--regid", self.gid, "--clear-groups"] if self.root else []
        argv = [*ids, TOP / "postern", "serve", "--config", settings]
        env = {**self.env, "HOME": str(home)}
        ours = Contender(f"{self.name}, serve", argv, env, self.directory / where, port)
        ours.login = (pop, "user1", PASSWORD)  # who wants to relay logs in first
        return ours

    def mta_postfix(self, where, hop):
        port = machine.free_port()
        maildirs = self._directory(self.directory / where / "maildirs")
        addresses = self.directory / where / "addresses"
        addresses.write_text("".join(f"user{i}@{NAME} user{i}/Maildir/\n" for i in range(1, ACCOUNTS + 1)))
        argv = [BENCH / "postfix", self.directory / where / "postfix", port, "mta", hop, maildirs, addresses, self.uid]
        return Contender("Postfix", argv, dict(os.environ), self.directory / where, port)

    def floor(self, protocol):
        """A C program that answers and does nothing else: what this machine and the generator allow."""
        port = machine.free_port()
        directory = self.directory / f"floor-{protocol}"
        if not (self.directory / "floor").exists():
            compile_c("floor", self.directory)
        argv = [self.directory / "floor", protocol, port]
        return Contender("answers alone, in C", argv, dict(os.environ), directory, port)

    def dovecot(self, cache):
        port = machine.free_port()
        directory = self.directory / f"dovecot-{cache}"
        argv = [BENCH / "dovecot", directory, port, self.users, cache]
        return Contender(f"Dovecot, tuned, logins {cache}", argv, dict(os.environ), directory, port)

    def postfix(self, variant):
        port = machine.free_port()
        directory = self.directory / f"postfix-{variant}"
        argv = [BENCH / "postfix", directory, port, variant]
        return Contender(f"Postfix, {variant}", argv, dict(os.environ), directory, port)


def compile_c(name, directory):
    """Compiles dev/bench/NAME.c into the run's directory."""
    program = directory / name
    subprocess.run(["gcc", "-O2", "-o", str(program), str(BENCH / f"{name}.c")], check=True)
    return program


def link_programs(directory):
    """Our programs under their own names, made by the launcher (which builds first where needed)."""
    links = directory / "bin"
    made = subprocess.run([str(TOP / "postern"), "links", str(links)], check=False)
    if made.returncode != 0:
        raise BenchError(f"./postern links ended with {made.returncode}")
    return links
