"""Each message leaves once, is tried again as planned, and a crash repeats it to the byte."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import Engine

from lotsen.database import transaction
from lotsen.domain import tokens
from lotsen.domain.vocabulary import AssignmentStatus, OutboxStatus, TokenPurpose
from lotsen.errors import ChannelDown
from lotsen.outbox.channels import Channel, FileChannel, SmtpChannel
from lotsen.outbox.dispatcher import Dispatcher, Pace
from tests.outbox.factories import (
    NOW,
    SECRET,
    SENDER,
    add_assignment,
    add_request,
    add_token,
    message,
    put,
    row,
    states,
)
from tests.support.smtp import MailServer, links

WAITING, SENDING, SENT, DROPPED, DEAD = OutboxStatus


class Clock:
    """A clock that stands until it is put forward."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


STILL = Clock()
PACE = Pace()


def dispatcher(
    engine: Engine,
    channel: Channel,
    *,
    owner: str = "one",
    clock: Callable[[], datetime] = STILL,
    pace: Pace = PACE,
) -> Dispatcher:
    return Dispatcher(engine, channel, SENDER, owner, clock, pace)


def nothing() -> None:
    pass


class Hooked(FileChannel):
    """Mails become files, and something happens before or after each."""

    def __init__(
        self, folder: Path, *, before: Callable[[], None] = nothing, after: Callable[[], None] = nothing
    ) -> None:
        super().__init__(folder)
        self._before, self._after = before, after
        self.sent: list[bytes] = []

    def send(self, email: EmailMessage) -> None:
        self._before()
        super().send(email)
        self.sent.append(email.as_bytes())
        self._after()


class PowerCut(BaseException):
    """Nothing catches it, so that the process might as well be gone."""


def cut() -> None:
    raise PowerCut


@pytest.fixture
def smtp(smtp_server: MailServer) -> SmtpChannel:
    return SmtpChannel(smtp_server.url, "lotsen.example")


def test_what_is_due_is_sent_with_its_links(
    engine: Engine, smtp: SmtpChannel, smtp_server: MailServer
) -> None:
    with transaction(engine) as session:
        token = add_token(session, add_request(session))
    link = f"https://lotsen.example/l/{tokens.placeholder(token.id)}"
    one, _ = put(engine, message("a", text_body=link), message("b", due_at=NOW + timedelta(hours=1)))
    assert dispatcher(engine, smtp).run() == Counter({SENT: 1})
    secret = tokens.derive(SECRET, TokenPurpose.TRACKING, token.nonce)
    assert links(smtp_server.messages[0]) == [f"https://lotsen.example/l/{secret}"]
    assert states(engine) == [SENT, WAITING]
    assert row(engine, one).sent_at == NOW
    assert dispatcher(engine, smtp).run() == Counter()


def test_more_than_a_batch_leaves_in_one_run(engine: Engine, tmp_path: Path) -> None:
    put(engine, *(message(f"many.{number}") for number in range(7)))
    counts = dispatcher(engine, FileChannel(tmp_path / "mails"), pace=Pace(batch=3)).run()
    assert counts == Counter({SENT: 7})
    assert len(list((tmp_path / "mails").iterdir())) == 7


def test_what_is_no_longer_true_is_dropped(
    engine: Engine, smtp: SmtpChannel, smtp_server: MailServer
) -> None:
    with transaction(engine) as session:
        assignment = add_assignment(session, add_request(session), AssignmentStatus.WITHDRAWN)
    put(
        engine,
        message("a", assignment_id=assignment.id, valid_assignment=AssignmentStatus.CONFIRMED),
        message("b", useless_after=NOW - timedelta(seconds=1)),
    )
    assert dispatcher(engine, smtp).run() == Counter({DROPPED: 2})
    assert smtp_server.received == []


def test_a_temporary_refusal_is_tried_again_as_planned(
    engine: Engine, smtp: SmtpChannel, smtp_server: MailServer
) -> None:
    (one,) = put(engine, message())
    clock = Clock()
    smtp_server.refuse(451, "come back later", times=2)
    tries: list[timedelta] = []
    while row(engine, one).status is not SENT:
        counts = dispatcher(engine, smtp, clock=clock).run()
        if counts:
            tries.append(clock.now - NOW)
        if counts[WAITING]:
            assert row(engine, one).last_error == "451 come back later"
        clock.now += timedelta(seconds=30)
    assert tries == [timedelta(0), timedelta(minutes=1), timedelta(minutes=6)]
    assert row(engine, one).last_error is None


def test_a_permanent_refusal_is_dead_at_once_and_the_others_leave(
    engine: Engine, smtp: SmtpChannel, smtp_server: MailServer
) -> None:
    one, _, _ = put(engine, message("a"), message("b"), message("c"))
    smtp_server.refuse(550, "no such user", at="rcpt", only_for="a@schule.example")
    assert dispatcher(engine, smtp).run() == Counter({DEAD: 1, SENT: 2})
    assert row(engine, one).last_error == "550 no such user"


def test_a_row_that_cannot_become_a_mail_is_dead_and_the_others_leave(
    engine: Engine, smtp: SmtpChannel, smtp_server: MailServer
) -> None:
    put(
        engine,
        message("a", to_address="nonsense"),
        message("b", subject="two\nlines"),
        message("c", text_body=tokens.placeholder(999)),
        message("d", to_address="jörg@schule.example"),
        message("e"),
    )
    assert dispatcher(engine, smtp).run() == Counter({DEAD: 4, SENT: 1})
    assert states(engine) == [DEAD, DEAD, DEAD, DEAD, SENT]


def test_a_channel_with_a_fault_of_its_own_stops_nobody(engine: Engine, tmp_path: Path) -> None:
    faults = iter([True, False])

    def stumble() -> None:
        if next(faults):
            raise RuntimeError("a fault")

    put(engine, message("a"), message("b"))
    assert dispatcher(engine, Hooked(tmp_path, before=stumble)).run() == Counter({WAITING: 1, SENT: 1})
    assert states(engine) == [WAITING, SENT]


def test_a_server_that_is_down_is_asked_once_and_all_leave_later(
    engine: Engine, smtp: SmtpChannel, smtp_server: MailServer
) -> None:
    put(engine, *(message(f"many.{number}") for number in range(5)))
    clock, asked = Clock(), 0

    class Counting(SmtpChannel):
        def send(self, email: EmailMessage) -> None:
            nonlocal asked
            asked += 1
            super().send(email)

    smtp_server.stop()
    counts = dispatcher(engine, Counting(smtp_server.url), clock=clock, pace=Pace(batch=4)).run()
    assert (asked, counts) == (1, Counter({WAITING: 4}))
    smtp_server.start()
    clock.now += timedelta(minutes=1)
    assert dispatcher(engine, smtp, clock=clock).run() == Counter({SENT: 5})


def test_asked_to_stop_it_finishes_the_message_in_hand_and_gives_the_others_back(
    engine: Engine, tmp_path: Path
) -> None:
    put(engine, *(message(f"many.{number}") for number in range(5)))
    stop = threading.Event()
    assert dispatcher(engine, Hooked(tmp_path, after=stop.set)).run(stop.is_set) == Counter({SENT: 1})
    assert states(engine) == [SENT] + [WAITING] * 4
    assert dispatcher(engine, FileChannel(tmp_path), owner="two").run() == Counter({SENT: 4})


def test_no_message_is_begun_that_might_outlast_its_lease(engine: Engine, tmp_path: Path) -> None:
    put(engine, *(message(f"many.{number}") for number in range(5)))
    # After the claim no time is left: each batch is given back, and the stop comes with the third.
    looks = iter([False, False, False, False, True])
    pace = Pace(lease=timedelta(seconds=1), one=timedelta(seconds=1))
    channel = Hooked(tmp_path)
    assert dispatcher(engine, channel, pace=pace).run(lambda: next(looks)) == Counter()
    assert channel.sent == []
    assert states(engine) == [WAITING] * 5


@pytest.mark.race
def test_two_dispatchers_at_once_send_none_twice(engine: Engine, smtp_server: MailServer) -> None:
    put(engine, *(message(f"many.{number}") for number in range(200)))
    counts: list[Counter[OutboxStatus]] = []

    def work(owner: str) -> None:
        channel = SmtpChannel(smtp_server.url, "lotsen.example")
        counts.append(dispatcher(engine, channel, owner=owner, pace=Pace(batch=5)).run())

    threads = [threading.Thread(target=work, args=(owner,)) for owner in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts, Counter()) == Counter({SENT: 200})
    assert min(count[SENT] for count in counts) > 0
    assert len({str(mail["Message-ID"]) for mail in smtp_server.messages}) == len(smtp_server.messages) == 200


def test_a_crash_between_yes_and_record_repeats_the_same_bytes(engine: Engine, tmp_path: Path) -> None:
    put(engine, message())
    clock, crashing = Clock(), Hooked(tmp_path, after=cut)
    with pytest.raises(PowerCut):
        dispatcher(engine, crashing, clock=clock).run()
    assert states(engine) == [SENDING]
    second = Hooked(tmp_path)
    assert dispatcher(engine, second, owner="two", clock=clock).run() == Counter()
    clock.now += PACE.lease
    assert dispatcher(engine, second, owner="two", clock=clock).run() == Counter({SENT: 1})
    assert crashing.sent == second.sent


def test_a_crash_before_the_channel_has_it_loses_nothing(engine: Engine, tmp_path: Path) -> None:
    put(engine, message())
    clock, channel = Clock(), Hooked(tmp_path)
    with pytest.raises(PowerCut):
        dispatcher(engine, Hooked(tmp_path, before=cut), clock=clock).run()
    clock.now += PACE.lease
    assert dispatcher(engine, channel, owner="two", clock=clock).run() == Counter({SENT: 1})


def test_who_wakes_after_the_lease_does_not_touch_what_another_has(
    engine: Engine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (one,) = put(engine, message())
    clock = Clock()
    other = dispatcher(engine, FileChannel(tmp_path), owner="two", clock=clock)

    def oversleep() -> None:
        clock.now += PACE.lease
        assert other.run() == Counter({SENT: 1})
        clock.now += timedelta(minutes=1)

    dispatcher(engine, Hooked(tmp_path, before=oversleep), clock=clock).run()
    assert row(engine, one).sent_at == NOW + PACE.lease
    assert "after its lease had gone" in caplog.text


def test_the_channel_is_closed_after_each_run(engine: Engine, smtp: SmtpChannel) -> None:
    put(engine, message())
    dispatcher(engine, smtp).run()
    assert smtp._open is None


def test_a_full_disk_is_no_reason_to_lose_a_mail(engine: Engine, tmp_path: Path) -> None:
    def full() -> None:
        raise ChannelDown("No space left on device")

    (one,) = put(engine, message())
    dispatcher(engine, Hooked(tmp_path, before=full)).run()
    assert row(engine, one).status is WAITING
