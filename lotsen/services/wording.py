"""What is said about typed text that cannot be used: one sentence for each problem."""

from collections.abc import Mapping

from lotsen.domain.contact import TextProblem
from lotsen.i18n import N_

TEXT_PROBLEMS: Mapping[TextProblem, str] = {
    TextProblem.EMPTY: N_("Please fill this in."),
    TextProblem.TOO_LONG: N_("This is too long. Please shorten it."),
    TextProblem.CHARACTERS: N_("Please leave out control characters."),
    TextProblem.NO_LETTERS: N_("Please write it with letters."),
    TextProblem.EMAIL: N_("Please give a complete e-mail address, such as name@example.org."),
    TextProblem.PHONE: N_("Please give a phone number with area code, such as 02131 901234."),
}
