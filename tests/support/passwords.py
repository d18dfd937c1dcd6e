"""Hashes that cost nothing, for tests that sign in but are not about passwords."""

from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher


@pytest.fixture(scope="session")
def quick_passwords() -> Iterator[None]:
    """Make the hashes of passwords cheap, in this process, for the rest of the run."""
    quick = PasswordHasher(time_cost=2, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lotsen.services.accounts._hasher", lambda: quick)
        yield
