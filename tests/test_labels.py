import pytest

from lotsen.domain import vocabulary
from lotsen.domain.vocabulary import DeclineReason, Occasion
from lotsen.i18n import DEFAULT, translator
from lotsen.labels import SHOWN, label

# The words of InboxTab stand beside the addresses of its tabs.
_HIDDEN = {
    "InboxTab",
    "RequestTrigger",
    "AssignmentTrigger",
    "TokenPurpose",
    "Channel",
    "HighlightCode",
    "SchoolTime",
    # Their words stand in web.alternatives, with what has changed.
    "ChangeKind",
    "ChanceBand",
    # Its words are sentences of the declaration of accessibility.
    "Conformity",
}


def test_every_enum_is_shown_or_known_to_be_hidden():
    every = {
        name for name, kind in vars(vocabulary).items() if isinstance(kind, type) and "StrEnum" not in name
    }
    assert every == {kind.__name__ for kind in SHOWN} | _HIDDEN


@pytest.mark.parametrize("kind", SHOWN, ids=lambda kind: kind.__name__)
def test_every_member_has_a_label_and_a_german_one(kind):
    for member in kind:
        assert label(member).strip()
        assert translator(DEFAULT).gettext(label(member)).strip()


def test_members_of_two_enums_with_one_value_keep_their_own_labels():
    assert Occasion.OTHER.value == DeclineReason.OTHER
    assert label(DeclineReason.OTHER) != label(Occasion.OTHER)
