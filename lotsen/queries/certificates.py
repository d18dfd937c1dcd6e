"""Certificates of service: those of a guide, and the one behind a code."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from lotsen.domain import check_code
from lotsen.errors import NotFound
from lotsen.models import Certificate


def of_guide(session: Session, guide_id: int | None) -> Sequence[Certificate]:
    """Return a guide's certificates, the newest first."""
    return session.scalars(
        select(Certificate).where(Certificate.guide_id == guide_id).order_by(Certificate.id.desc())
    ).all()


def one(session: Session, guide_id: int | None, certificate_id: int) -> Certificate:
    """Return a certificate of this guide; NotFound for any other."""
    found = session.get(Certificate, certificate_id)
    if found is None or found.guide_id != guide_id:
        raise NotFound("certificate")
    return found


def by_code(session: Session, typed: str) -> Certificate | None:
    """Return the certificate with a code, however it was typed."""
    code = check_code.read(typed)
    return None if code is None else session.scalar(select(Certificate).where(Certificate.code == code))
