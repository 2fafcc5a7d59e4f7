"""The result as a Markdown document."""

import os
import platform
import statistics
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Goal:
    """A figure that issue 2 asks for."""

    text: str
    met: bool

    def __str__(self):
        return f"{self.text}: {'met' if self.met else 'MISSED'}"


@dataclass
class Table:
    """One scenario: a heading, what was done, rows of cells, and the goals judged on them."""

    name: str
    about: str
    head: list
    rows: list = field(default_factory=list)
    goals: list = field(default_factory=list)
    failed: int = 0  # sessions
    errors: list = field(default_factory=list)

    def markdown(self):
        lines = [f"## {self.name}", "", self.about, "", row(self.head), row(["---"] * len(self.head))]
        lines += [row(r) for r in self.rows]
        lines.append("")
        lines += [f"- Goal, {g}" for g in self.goals]
        lines += [f"- FAILED: {e}" for e in self.errors]
        return "\n".join(lines).rstrip() + "\n"


def row(cells):
    return "| " + " | ".join(str(c) for c in cells) + " |"


def median(values):
    return statistics.median(values)


def megabytes(octets):
    return f"{octets / 1_000_000:.0f}"


def heading(arguments, load_before):
    """What a reader needs to judge the figures: the machine, the versions, and whether anything else was running."""
    lines = ["# Postern beside the others", ""]
    lines.append(f"`dev/bench/run {' '.join(arguments)}`, {time.strftime('%Y-%m-%d %H:%M %Z')}, commit {commit()}")
    lines.append("")
    lines.append(f"- Machine: {processor()}, {len(os.sched_getaffinity(0))} processors, Linux {platform.release()}")
    lines.append("- Generator and servers share the machine; each server is measured alone, the others stand idle.")
    if load_before > 0.5:
        lines.append(
            f"- **The machine was not quiet: load average {load_before:.1f} before the start.** Other jobs were pushed "
            "back (autogroup), but do not quote these figures."
        )
    return "\n".join(lines) + "\n"


def processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def commit():
    top = Path(__file__).resolve().parents[3]
    git = ["git", "-C", str(top), "describe", "--always", "--dirty"]
    try:
        return subprocess.run(git, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
