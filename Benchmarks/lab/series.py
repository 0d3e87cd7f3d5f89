"""Reads the time series that latencyfs keeps: a sample every 50 ms."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sample:
    time: float  # seconds, CLOCK_MONOTONIC
    in_flight: int
    answered: int
    unlinks: int
    latency: float


class Series:
    def __init__(self, stats: dict):
        self.samples = [Sample(*values) for values in stats["series"]]

    def busy(self) -> list[Sample]:
        """From the first sample with an answer to the last before nothing more came."""
        end = self.samples[-1].answered
        return [sample for sample in self.samples if 0 < sample.answered < end]

    def middle(self) -> list[Sample]:
        """The middle fifth of the busy time."""
        busy = self.busy()
        start, end = busy[0].time, busy[-1].time
        return [s for s in busy if start + 0.4 * (end - start) <= s.time <= start + 0.6 * (end - start)]

    def time_of_unlinks(self, count: int) -> float:
        """When so many removals were done, between two samples as if they went evenly."""
        before = self.samples[0]
        for sample in self.samples:
            if sample.unlinks >= count:
                part = (count - before.unlinks) / max(1, sample.unlinks - before.unlinks)
                return before.time + part * (sample.time - before.time)
            before = sample
        return before.time

    def removals_per_second(self) -> float:
        """From the first removal to the last, without the start and the end of the run."""
        total = self.samples[-1].unlinks
        first, last = total // 20, total - total // 20
        return (last - first) / max(1e-9, self.time_of_unlinks(last) - self.time_of_unlinks(first))

    def rate_between(self, start: float, end: float) -> float:
        """Answers per second."""
        inside = [sample for sample in self.samples if start <= sample.time <= end]
        if len(inside) < 2:
            return 0.0
        return (inside[-1].answered - inside[0].answered) / (inside[-1].time - inside[0].time)
