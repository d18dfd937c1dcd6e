import hashlib
import re

from hypothesis import given
from hypothesis import strategies as st

from lotsen.domain import tokens
from lotsen.domain.vocabulary import TokenPurpose

SECRET = "a secret for tests only, 32 letters or more"


def test_a_link_is_the_same_for_the_same_nonce_and_another_for_all_else():
    nonce = tokens.fresh_nonce()
    raw = tokens.derive(SECRET, TokenPurpose.OFFER, nonce)
    assert raw == tokens.derive(SECRET, TokenPurpose.OFFER, nonce)
    others = {
        tokens.derive(SECRET, TokenPurpose.TRACKING, nonce),
        tokens.derive(SECRET, TokenPurpose.OFFER, tokens.fresh_nonce()),
        tokens.derive(SECRET + "!", TokenPurpose.OFFER, nonce),
    }
    assert len(others | {raw}) == 4


def test_a_link_holds_256_bits_in_letters_that_survive_mail_programs():
    raw = tokens.derive(SECRET, TokenPurpose.OFFER, tokens.fresh_nonce())
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", raw)


def test_nonces_do_not_repeat():
    nonces = {tokens.fresh_nonce() for _ in range(1000)}
    assert len(nonces) == 1000
    assert all(re.fullmatch(r"[0-9a-f]{32}", nonce) for nonce in nonces)


def test_the_database_knows_a_link_by_its_sha_256():
    assert tokens.digest("raw") == hashlib.sha256(b"raw").hexdigest()


def test_a_placeholder_tells_neither_secret_nor_hash():
    raw = tokens.derive(SECRET, TokenPurpose.OFFER, "0" * 32)
    assert tokens.placeholder(7) == "~token:7~"
    assert raw not in tokens.placeholder(7)


@given(st.lists(st.integers(min_value=1, max_value=10**12)), st.text(alphabet="abc ~:/\n", max_size=20))
def test_every_placeholder_is_found_and_revealed(ids, between):
    text = between.join(f"<{tokens.placeholder(one)}>" for one in ids)
    assert tokens.placeholders(text) == set(ids)
    revealed = tokens.reveal(text, lambda one: f"secret{one}")
    assert revealed == between.join(f"<secret{one}>" for one in ids)
    assert not tokens.placeholders(revealed)


def test_text_without_placeholders_stays():
    assert tokens.reveal("~token:~ ~token:x~ token:1", lambda _: "never") == "~token:~ ~token:x~ token:1"
