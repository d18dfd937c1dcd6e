"""The code by which a certificate is found: nobody can guess it, and everybody can type it."""

import secrets
from typing import Final

# Without letters and digits that look alike.
_LETTERS: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH: Final = 20
_GROUP: Final = 5


def fresh() -> str:
    """Return a code of about 98 random bits, like "7K2MD-…", in groups of five."""
    return _grouped("".join(secrets.choice(_LETTERS) for _ in range(_LENGTH)))


def read(typed: str) -> str | None:
    """Return the code that somebody typed, whatever stands between its letters; None if it cannot be one."""
    letters = "".join(letter for letter in typed.upper() if letter.isalnum())
    if len(letters) != _LENGTH or not set(letters) <= set(_LETTERS):
        return None
    return _grouped(letters)


def _grouped(letters: str) -> str:
    return "-".join(letters[start : start + _GROUP] for start in range(0, _LENGTH, _GROUP))
