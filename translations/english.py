"""Fills the English catalogue, whose texts equal the msgids: `make translations` runs it."""

from pathlib import Path

from babel.messages.pofile import read_po, write_po

_FILE = Path(__file__).with_name("en") / "LC_MESSAGES" / "messages.po"


def main() -> None:
    """Give each message its own id as text, in singular and plural."""
    catalog = read_po(_FILE.open("rb"), locale="en")
    for message in catalog:
        if message.id:
            message.string = message.id
    with _FILE.open("wb") as file:
        write_po(file, catalog, sort_output=True, width=110, ignore_obsolete=True)


if __name__ == "__main__":
    main()
