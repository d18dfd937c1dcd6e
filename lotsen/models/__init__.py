"""All tables, one file per aggregate; importing the package knows them all."""

from lotsen.models.account import Account, LoginSession, Membership, Throttle
from lotsen.models.assignment import Assignment
from lotsen.models.audit import AuditEntry
from lotsen.models.base import Base
from lotsen.models.certificate import Certificate
from lotsen.models.feed import CalendarFeed
from lotsen.models.guide import (
    Absence,
    Credential,
    ExtraAvailability,
    Guide,
    GuideConflict,
    GuideDistrict,
    GuideLanguage,
    WeeklyAvailability,
)
from lotsen.models.institution import Contact, Institution
from lotsen.models.outbox import Heartbeat, OutboxMessage
from lotsen.models.plan import PlanRun
from lotsen.models.pool import District, DistrictNeighbour, Pool, ReferenceCounter
from lotsen.models.report import Feedback, ServiceReport
from lotsen.models.request import GuideRequest, Place, RequestWish, Series, TimeWindow
from lotsen.models.token import Token

__all__ = [
    "Absence",
    "Account",
    "Assignment",
    "AuditEntry",
    "Base",
    "CalendarFeed",
    "Certificate",
    "Contact",
    "Credential",
    "District",
    "DistrictNeighbour",
    "ExtraAvailability",
    "Feedback",
    "Guide",
    "GuideConflict",
    "GuideDistrict",
    "GuideLanguage",
    "GuideRequest",
    "Heartbeat",
    "Institution",
    "LoginSession",
    "Membership",
    "OutboxMessage",
    "Place",
    "PlanRun",
    "Pool",
    "ReferenceCounter",
    "RequestWish",
    "Series",
    "ServiceReport",
    "Throttle",
    "TimeWindow",
    "Token",
    "WeeklyAvailability",
]
