"""Finds or adds the institution and the contact behind a request."""

import re

from sqlalchemy import select

from lotsen.domain.vocabulary import InstitutionKind
from lotsen.models import Contact, Institution
from lotsen.services.unit_of_work import UnitOfWork


def name_key(name: str) -> str:
    """Return the form of a name by which a repeat is recognised: no case, no punctuation."""
    return " ".join(re.findall(r"\w+", name.casefold()))[:160] or name.casefold()[:160]


def contact_for(
    uow: UnitOfWork,
    pool_id: int,
    *,
    institution_name: str,
    kind: InstitutionKind,
    unit: str,
    name: str,
    email: str,
    phone: str,
    locale: str,
) -> Contact:
    """Return the contact with this address at this institution, added if new, brought up to date if known."""
    key = name_key(institution_name)
    institution = uow.session.scalar(
        select(Institution).where(Institution.pool_id == pool_id, Institution.name_key == key)
    )
    if institution is None:
        institution = Institution(
            pool_id=pool_id, kind=kind, name=institution_name, name_key=key, created_at=uow.now
        )
        uow.session.add(institution)
        uow.session.flush()
    address = email.casefold()
    contact = uow.session.scalar(
        select(Contact).where(Contact.institution_id == institution.id, Contact.email == address)
    )
    if contact is None:
        contact = Contact(institution_id=institution.id, email=address, created_at=uow.now)
        uow.session.add(contact)
    contact.name, contact.phone, contact.unit, contact.locale = name, phone, unit, locale
    uow.session.flush()
    return contact
