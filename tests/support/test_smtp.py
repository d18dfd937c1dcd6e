"""The mail server keeps what it gets and fails the way it is told."""

import smtplib
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from tests.support.smtp import MailServer, calendar_file, html_text, links, plain_text


def mail(recipient: str = "gast@schule.example", subject: str = "Grüße") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "amt@lotsen.example"
    message["To"] = recipient
    message["Subject"] = subject
    message["Message-ID"] = "<1@lotsen.example>"
    message.set_content("Guten Tag\nhttp://127.0.0.1/a?b=c\n")
    message.add_alternative("<p>Guten Tag</p>", subtype="html")
    message.add_attachment(b"BEGIN:VCALENDAR", maintype="text", subtype="calendar", filename="termin.ics")
    return message


def send(server: MailServer, message: EmailMessage, timeout: float = 5) -> None:
    with smtplib.SMTP(server.host, server.port, timeout=timeout) as client:
        client.send_message(message)


def test_a_mail_arrives_with_all_its_parts(smtp_server: MailServer) -> None:
    send(smtp_server, mail())
    message = smtp_server.wait_for(recipient="gast@schule.example", subject_contains="Grüße")
    assert plain_text(message).startswith("Guten Tag")
    assert html_text(message).strip() == "<p>Guten Tag</p>"
    assert calendar_file(message) == b"BEGIN:VCALENDAR"
    assert links(message) == ["http://127.0.0.1/a?b=c"]
    assert smtp_server.received[0].sender == "amt@lotsen.example"


def test_waiting_in_vain_says_what_came_instead(smtp_server: MailServer) -> None:
    send(smtp_server, mail())
    with pytest.raises(AssertionError, match="gast@schule"):
        smtp_server.wait_for(recipient="nobody@schule.example", timeout=0.1)


def test_the_bytes_of_a_mail_are_kept(smtp_server: MailServer) -> None:
    sent = mail().as_bytes(policy=SMTP)
    with smtplib.SMTP(smtp_server.host, smtp_server.port, timeout=5) as client:
        client.sendmail("amt@lotsen.example", ["gast@schule.example"], sent)
    smtp_server.wait_for()
    assert smtp_server.received[0].raw == sent


def test_refusal_ends_after_the_times_asked_for(smtp_server: MailServer) -> None:
    smtp_server.refuse(451, times=1)
    with pytest.raises(smtplib.SMTPDataError) as refusal:
        send(smtp_server, mail())
    assert refusal.value.smtp_code == 451
    assert smtp_server.messages == []
    send(smtp_server, mail())
    assert len(smtp_server.messages) == 1


def test_one_recipient_alone_can_be_refused(smtp_server: MailServer) -> None:
    smtp_server.refuse(550, at="rcpt", only_for="weg@schule.example")
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send(smtp_server, mail("weg@schule.example"))
    send(smtp_server, mail())
    assert [str(message["To"]) for message in smtp_server.messages] == ["gast@schule.example"]


def test_a_cut_connection_leaves_the_sender_in_doubt(smtp_server: MailServer) -> None:
    smtp_server.drop_after_data(times=1)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(smtp_server, mail())
    assert smtp_server.wait_for()["Message-ID"] == "<1@lotsen.example>"


def test_a_slow_server_lets_the_sender_run_out_of_patience(smtp_server: MailServer) -> None:
    smtp_server.delay(1)
    with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        send(smtp_server, mail(), timeout=0.2)
    smtp_server.behave()
    send(smtp_server, mail())


def test_a_stopped_server_comes_back_on_its_port(smtp_server: MailServer) -> None:
    port = smtp_server.port
    smtp_server.stop()
    with pytest.raises(ConnectionRefusedError):
        send(smtp_server, mail())
    smtp_server.start()
    assert smtp_server.port == port
    send(smtp_server, mail())
    assert len(smtp_server.messages) == 1
