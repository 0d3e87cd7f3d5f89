"""How long before its removal a file was last looked at, and its directory last asked for.

What another client puts under a file's name in that time is removed in the file's place: it is the window that remains."""

import statistics
from pathlib import Path

from lab import bed, report
from lab.programs import Job, Subject
from lab.tools import Tree, say, tool

MOST = 1.0  # seconds: promised in README


def add_options(parser) -> None:
    parser.add_argument("--latencies", default="1,3,10,20,100", metavar="MS,MS…")
    parser.add_argument("--files", type=int, default=1500)


class Windows:
    """Of each removal, the milliseconds since the look at its name and since the directory was asked for, from a trace."""

    def __init__(self, trace: Path):
        self.looks: list[float] = []
        self.directories: list[float] = []
        looked: dict[tuple[str, str], float] = {}
        asked: dict[str, list[float]] = {}
        for line in sorted(trace.read_text().splitlines(), key=lambda line: float(line.split(" ")[4])):
            what, _, folder, began, ended, result, name = line.split(" ", 6)
            if what == "look" and name == ".":
                asked.setdefault(folder, []).append(float(began))
            elif what == "look":
                looked[folder, name] = float(began)
            elif what == "remove" and result == "0" and (folder, name) in looked:
                look = looked[folder, name]
                self.looks.append((float(began) - look) * 1000)
                # The last one that was asked for before the name was looked at.
                before = [time for time in asked.get(folder, []) if time <= look]
                if before:
                    self.directories.append((float(began) - before[-1]) * 1000)

    def row(self, name: str, wall: float, left: int) -> list:
        return [name, len(self.looks), *(f"{value:.1f}" for times in (self.looks, self.directories)
                                         for value in (statistics.median(times), max(times))), f"{wall:.2f}", left]

    def most(self) -> float:
        return max(self.looks + self.directories) / 1000


def run(subject: Subject, work: Path, options) -> bool:
    say("From the moment a look, or a question to the directory, begins until the removal begins; one folder each.")
    rows, most, removals = [], 0.0, 0
    for latency in options.latencies.split(","):
        trace = work / "trace"
        trace.unlink(missing_ok=True)
        files = options.files if float(latency) < 50 else options.files // 5
        trees = {"data": Tree(files, flat=True, old_fraction=1)}
        done = bed.purge_with_latency(
            subject, work, trees, "--latency", latency, "--jitter", "0.2", program=lambda job: traced(subject, job, trace))
        windows = Windows(trace)
        rows.append(windows.row(f"{latency} ms", done.figures.wall, done.left_old))
        most, removals = max(most, windows.most()), removals + len(windows.looks)
    print(report.table(
        ["latency", "files", "look: median ms", "worst ms", "directory: median ms", "worst ms", "wall s", "old left"], rows))
    return report.verdict(removals > 0 and most < MOST + float(options.latencies.split(",")[-1]) / 1000,
                          f"the longest was {most:.3f} s (promised: {MOST:g} s until the removal is sent)")


def traced(subject: Subject, job: Job, trace: Path) -> list:
    return ["env", f"LD_PRELOAD={tool('trace.so')}", f"TRACE_FILE={trace}", *subject.command(job)]
