"""Lets many act at the same moment and gathers what became of each."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

T = TypeVar("T")
Action = Callable[[], T]


def all_at_once(actions: Sequence[Action[T]]) -> list[T | Exception]:
    """Start every action at the same moment, each in its thread; return results or errors in their order."""
    start = Barrier(len(actions))

    def run(action: Action[T]) -> T | Exception:
        start.wait(60)
        return outcome(action)

    with ThreadPoolExecutor(len(actions)) as threads:
        return list(threads.map(run, actions))


def pair_by_pair(
    pairs: Sequence[tuple[Action[T], Action[T]]], workers: int = 8
) -> list[tuple[T | Exception, T | Exception]]:
    """Run both actions of each pair at the same moment, a few pairs at a time."""

    def run(action: Action[T], start: Barrier) -> T | Exception:
        start.wait(60)
        return outcome(action)

    # The two of a pair stand next to each other in the queue, so neither waits for one that never starts.
    with ThreadPoolExecutor(workers) as threads:
        running = [
            tuple(threads.submit(run, action, start) for action in pair)
            for pair in pairs
            for start in (Barrier(2),)
        ]
        return [(one.result(), other.result()) for one, other in running]


def outcome(action: Action[T]) -> T | Exception:
    """Return the result of an action, or the error that it raised."""
    try:
        return action()
    except Exception as error:  # noqa: BLE001 - every error is an outcome here, and each test looks at them
        return error
