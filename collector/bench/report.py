"""The figures of `passerby bench identity` as tables, and its aims."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from .data import Built

MOST_RATIO, MOST_CLAIM, MOST_PAGE = 2.0, 5.0, 50.0
"""The aims: claims of the two sizes beside each other; a claim, and a page at p95, in ms."""

YARDSTICK = "one event, nothing claimed"
CLAIM = "identify that claims {:,} events"
TYPED = "typed address that claims {:,} events"
JOIN = "identify that joins a lead of {:,} events"


class Measured:
    """Milliseconds by part, in the order in which the parts began, the event rows that each phase wrote, and the load."""

    built: Built
    taken: dict[str, list[float]]
    written: dict[str, tuple[int, int, int]]
    loads: list[float]


def _at(found: list[float], share: float) -> float:
    return sorted(found)[math.ceil(share * len(found)) - 1]


def print_figures(out: Console, figures: Measured, store: str) -> None:
    """Print what was measured on a `store` of that name, and which aims were met."""
    built = figures.built
    base = statistics.median(figures.taken[YARDSTICK])
    load = f"{min(figures.loads):.1f} to {max(figures.loads):.1f}"
    table = Table(title=f"Identity on {store}, {built.events:,} events: milliseconds, p50 in ratio to one event; load {load}")
    for column in ("part", "times", "p50", "p95", "worst", "ratio"):
        table.add_column(column, justify="left" if column == "part" else "right")
    for part, found in figures.taken.items():
        p50 = statistics.median(found)
        table.add_row(part, f"{len(found)}", f"{p50:.2f}", f"{_at(found, 0.95):.2f}", f"{max(found):.2f}", f"{p50 / base:.2f}")
    out.print(table)
    rows = Table(title="Event rows")
    for column in ("phase", "events sent", "rows added", "rows changed or removed"):
        rows.add_column(column, justify="left" if column == "phase" else "right")
    for phase, counts in figures.written.items():
        rows.add_row(phase, *(f"{count:,}" for count in counts))
    out.print(rows)
    for is_met, words in _aims(figures):
        out.print(f"{'[green]met[/]   ' if is_met else '[bold red]missed[/]'}  {words}", soft_wrap=True, highlight=False)


def _aims(figures: Measured) -> Iterator[tuple[bool, str]]:
    """Say of each aim whether it was met, in words."""
    claims = {size: figures.taken[CLAIM.format(size)] for size in figures.built.sizes}
    for what, part in (("a claim", CLAIM), ("a claim by a typed address", TYPED), ("the join of a lead", JOIN)):
        small, large = figures.built.sizes
        few, many = (statistics.median(figures.taken[part.format(size)]) for size in (small, large))
        ratio = many / few
        words = f"{what} of {large:,} events takes {ratio:.2f} times as long as of {small:,}; at most {MOST_RATIO:g} is wanted"
        yield ratio <= MOST_RATIO, words
    for size, found in claims.items():
        p50 = statistics.median(found)
        yield p50 < MOST_CLAIM, f"an {CLAIM.format(size)} takes {p50:.2f} ms; less than {MOST_CLAIM:g} is wanted"
    for part, found in figures.taken.items():
        if "timeline" in part or "next page" in part:
            p95 = _at(found, 0.95)
            yield p95 < MOST_PAGE, f"{part}: {p95:.2f} ms at p95; less than {MOST_PAGE:g} is wanted"
    again = sum(written for _, _, written in figures.written.values())
    extra = sum(added - sent for sent, added, _ in figures.written.values())
    yield (
        (again, extra) == (0, 0),
        (
            f"claims, merges, unmerges and detaches changed or removed {again} event rows and added {extra} beside those sent; "
            "0 is wanted"
        ),
    )
