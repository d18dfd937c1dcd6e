"""Every closed set of words in lotsen, each written once."""

from enum import StrEnum


class InstitutionKind(StrEnum):
    """Kinds of institutions that may ask; private persons are not among them."""

    SCHOOL = "school"
    DAYCARE = "daycare"
    FAMILY_CENTRE = "family_centre"
    YOUTH_OFFICE = "youth_office"
    JOB_CENTRE = "job_centre"
    ADVICE_CENTRE = "advice_centre"
    HEALTH_SERVICE = "health_service"
    CLUB = "club"
    COMPANY = "company"
    OTHER_OFFICE = "other_office"


class Occasion(StrEnum):
    """What the talk is about."""

    PARENT_TALK = "parent_talk"
    DEVELOPMENT_TALK = "development_talk"
    ENROLMENT_TALK = "enrolment_talk"
    CONFLICT_TALK = "conflict_talk"
    PARENT_EVENING = "parent_evening"
    COUNSELLING = "counselling"
    HOME_VISIT = "home_visit"
    OFFICE_VISIT = "office_visit"
    INFORMATION_EVENT = "information_event"
    OTHER = "other"


class Mode(StrEnum):
    """Where the talk takes place."""

    ON_SITE = "on_site"
    PHONE = "phone"
    VIDEO = "video"


class Level(StrEnum):
    """CEFR (GER) levels, lowest first; the order of the members is the order of skill."""

    A1 = "A1"
    A2 = "A2"
    B1 = "B1"
    B2 = "B2"
    C1 = "C1"
    C2 = "C2"
    NATIVE = "native"

    @property
    def rank(self) -> int:
        """Position from 0 (A1) to 6 (native)."""
        return LEVELS.index(self)


LEVELS: tuple[Level, ...] = tuple(Level)


class SubstituteQuality(StrEnum):
    """How well a speaker of one variety serves a request for another."""

    WELL = "well"
    FAIRLY = "fairly"
    BARELY = "barely"


class LanguageFit(StrEnum):
    """How a speaker's variety serves the one that is asked for: the same, or a substitute of some quality."""

    EXACT = "exact"
    WELL = "well"
    FAIRLY = "fairly"
    BARELY = "barely"


class Gender(StrEnum):
    """Recorded only if the guide states it."""

    FEMALE = "female"
    MALE = "male"
    DIVERSE = "diverse"


class GuideStatus(StrEnum):
    """Whether a guide can be asked."""

    ACTIVE = "active"
    PAUSED = "paused"
    LEFT = "left"


class DayPart(StrEnum):
    """The parts of a day in which guides say when they are free."""

    MORNING = "morning"
    NOON = "noon"
    AFTERNOON = "afternoon"
    EVENING = "evening"


class CredentialKind(StrEnum):
    """Proofs of which only kind and dates are recorded, never the document."""

    POLICE_CERTIFICATE = "police_certificate"
    MEASLES_PROOF = "measles_proof"
    CONFIDENTIALITY = "confidentiality"
    QUALIFICATION = "qualification"


class WishKind(StrEnum):
    """What an institution may wish for."""

    GENDER = "gender"
    GUIDE = "guide"
    NOT_GUIDE = "not_guide"


class WishWeight(StrEnum):
    """Whether a wish excludes or only ranks."""

    MUST = "must"
    NICE = "nice"


class RequestStatus(StrEnum):
    """States of a GuideRequest."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    OPEN = "open"
    OFFERED = "offered"
    CONFIRMED = "confirmed"
    COMPLETED = "completed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    UNFILLED = "unfilled"
    LAPSED = "lapsed"


class RequestTrigger(StrEnum):
    """What moves a GuideRequest."""

    SUBMIT = "submit"
    CONFIRM_ADDRESS = "confirm_address"
    ENTER = "enter"
    OFFER = "offer"
    CONFIRM = "confirm"
    REOPEN = "reopen"
    COMPLETE = "complete"
    REJECT = "reject"
    CANCEL = "cancel"
    MARK_UNFILLED = "mark_unfilled"
    LAPSE = "lapse"
    CHANGE = "change"
    JOIN_SERIES = "join_series"
    OPEN_SERIES = "open_series"


class AssignmentStatus(StrEnum):
    """States of an Assignment."""

    STANDBY = "standby"
    OFFERED = "offered"
    CONFIRMED = "confirmed"
    COMPLETED = "completed"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"


class AssignmentTrigger(StrEnum):
    """What moves an Assignment."""

    OFFER = "offer"
    STAND_BY = "stand_by"
    ACCEPT = "accept"
    DECLINE = "decline"
    EXPIRE = "expire"
    WITHDRAW = "withdraw"
    CANCEL = "cancel"
    CALL_BACK = "call_back"
    RELEASE = "release"
    COMPLETE = "complete"
    REPORT_NO_SHOW = "report_no_show"
    UNDO_NO_SHOW = "undo_no_show"
    TAKE = "take"


class ActorKind(StrEnum):
    """Who acts."""

    ANONYMOUS = "anonymous"
    INSTITUTION = "institution"
    GUIDE = "guide"
    ACCOUNT = "account"
    SYSTEM = "system"


class Role(StrEnum):
    """What an account may do in a pool."""

    COORDINATOR = "coordinator"
    ADMIN = "admin"
    READ_ONLY = "read_only"
    STATISTICS = "statistics"


class DeclineReason(StrEnum):
    """Why a guide says no; optional, and it teaches the matching."""

    TIME = "time"
    DISTRICT = "district"
    OCCASION = "occasion"
    INSTITUTION = "institution"
    TOO_MUCH = "too_much"
    OTHER = "other"


class UnfilledReason(StrEnum):
    """Why a request ends without a guide."""

    NO_SPEAKER = "no_speaker"
    NOBODY_FREE = "nobody_free"
    ALL_DECLINED = "all_declined"
    TOO_LATE = "too_late"


class TokenPurpose(StrEnum):
    """The one thing that a mailed link is good for."""

    CONFIRM_ADDRESS = "confirm_address"
    TRACKING = "tracking"
    OFFER = "offer"
    DRAFT = "draft"

    SIGN_IN = "sign_in"
    MY_REQUESTS = "my_requests"


class Notice(StrEnum):
    """Plain names of the mails; each is a folder below `templates/emails`."""

    CONFIRM_ADDRESS = "confirm-address"
    RECEIVED = "received"
    OFFER = "offer"
    OFFER_REMINDER = "offer-reminder"
    OFFER_EXPIRED = "offer-expired"
    OFFER_WITHDRAWN = "offer-withdrawn"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    REMINDER = "reminder"
    GUIDE_WITHDREW = "guide-withdrew"
    NOBODY_FOUND = "nobody-found"
    REJECTED = "rejected"
    NEW_LINK = "new-link"
    DRAFT_LINK = "draft-link"
    HOURS = "hours"
    FEEDBACK = "feedback"
    NO_SHOW = "no-show"
    NO_SHOW_UNDONE = "no-show-undone"
    COMPLAINT = "complaint"
    ALLOWANCE_LIMIT = "allowance-limit"
    LATE = "late"
    NOBODY_THERE = "nobody-there"
    BOARD = "board"

    LOGIN_LINK = "login-link"
    MESSENGER_SET = "messenger-set"
    LANGUAGES_WAITING = "languages-waiting"
    DELETION_ASKED = "deletion-asked"

    CHANGED = "changed"
    BARRIER = "barrier"


class Audience(StrEnum):
    """Who receives a notice."""

    INSTITUTION = "institution"
    GUIDE = "guide"
    OFFICE = "office"


class OutboxStatus(StrEnum):
    """States of a message on its way."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    DROPPED = "dropped"
    DEAD = "dead"


class Channel(StrEnum):
    """How a message leaves."""

    MAIL = "mail"
    MESSENGER = "messenger"


class AuditEvent(StrEnum):
    """What the history records besides changes of status."""

    STATUS = "status"
    CREATED = "created"
    CHANGED = "changed"
    IMPORTED = "imported"
    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGNED_OUT = "signed_out"
    LINK_SENT = "link_sent"
    HOURS_REPORTED = "hours_reported"
    HOURS_CONFIRMED = "hours_confirmed"
    HOURS_DECIDED = "hours_decided"
    FEEDBACK_GIVEN = "feedback_given"
    COMPLAINED = "complained"
    CERTIFICATE_ISSUED = "certificate_issued"
    CERTIFICATE_REVOKED = "certificate_revoked"
    REASON_GIVEN = "reason_given"
    LATE = "late"
    NOBODY_THERE = "nobody_there"
    BOARD_OPENED = "board_opened"
    BOARD_CLOSED = "board_closed"

    APPROVED = "approved"
    REFUSED = "refused"
    EXPORTED = "exported"
    DELETION_ASKED = "deletion_asked"
    DELETION_TAKEN_BACK = "deletion_taken_back"
    BARRIER_REPORTED = "barrier_reported"


class Subject(StrEnum):
    """What an audit entry is about."""

    REQUEST = "request"
    ASSIGNMENT = "assignment"
    GUIDE = "guide"
    ACCOUNT = "account"
    POOL = "pool"
    INSTITUTION = "institution"


class ReasonCode(StrEnum):
    """Why a guide cannot take a request in a window."""

    NOT_ACTIVE = "not_active"
    LANGUAGE = "language"
    LANGUAGE_LEVEL = "language_level"
    GERMAN_LEVEL = "german_level"
    MODE = "mode"
    DISTRICT = "district"
    NOT_AVAILABLE = "not_available"
    ABSENT = "absent"
    OVERLAP = "overlap"
    TRAVEL = "travel"
    CREDENTIAL = "credential"
    WISH_GENDER = "wish_gender"
    WISH_GUIDE = "wish_guide"
    WISH_NOT_GUIDE = "wish_not_guide"
    CONFLICT = "conflict"
    CAPACITY_WEEK = "capacity_week"
    CAPACITY_MONTH = "capacity_month"
    ASKS = "asks"
    NOTICE = "notice"


class HighlightCode(StrEnum):
    """What is worth saying about a guide who can take a request."""

    SPEAKS = "speaks"
    SPEAKS_SUBSTITUTE = "speaks_substitute"
    FREE = "free"
    SAME_DISTRICT = "same_district"
    DISTRICT_NEAR = "district_near"
    KNOWS_INSTITUTION = "knows_institution"
    KNOWS_OCCASION = "knows_occasion"
    SELDOM_ASKED = "seldom_asked"
    WISH_MET = "wish_met"
    WISH_NOT_MET = "wish_not_met"
    APPOINTMENTS_THIS_WEEK = "appointments_this_week"
    COMES_FROM = "comes_from"
    GOES_ON_TO = "goes_on_to"


class FitPart(StrEnum):
    """The named parts of the fit."""

    LANGUAGE = "language"
    NEARNESS = "nearness"
    CONTINUITY = "continuity"
    EXPERIENCE = "experience"
    LOAD = "load"
    ASKS = "asks"
    ROOM = "room"
    WISHES = "wishes"


class SchoolTime(StrEnum):
    """What a day is for schools; unknown where nothing has been published yet."""

    TERM = "term"
    HOLIDAYS = "holidays"
    FREE_DAY = "free_day"
    UNKNOWN = "unknown"


class InboxTab(StrEnum):
    """Where the office finds a request, in the order of the tabs."""

    TO_DO = "to_do"
    WAITING = "waiting"
    CONFIRMED = "confirmed"
    NOBODY = "nobody"
    DONE = "done"


class PlanStatus(StrEnum):
    """States of a run of the batch proposal."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


class PlanStage(StrEnum):
    """What a run of the batch proposal is doing."""

    GATHERING = "gathering"
    PLANNING = "planning"
    CHECKING = "checking"


class PlanFailure(StrEnum):
    """Why a run of the batch proposal has come to nothing."""

    BROKEN = "broken"
    KILLED = "killed"
    HUNG = "hung"
    ABANDONED = "abandoned"


class UnservedReason(StrEnum):
    """Why a batch proposal has nobody for a request."""

    NO_GUIDES = "no_guides"
    PAST = "past"
    NOBODY = "nobody"
    TOO_FEW = "too_few"
    LOST = "lost"


class PlanChange(StrEnum):
    """Why a batch proposal says something else of a request than the one before."""

    NEW_REQUEST = "new_request"
    REQUEST_CHANGED = "request_changed"
    NO_LONGER_OPEN = "no_longer_open"
    NO_LONGER_FREE = "no_longer_free"
    NEEDED_ELSEWHERE = "needed_elsewhere"
    SOMEBODY_FREE = "somebody_free"
    RELEASED = "released"
    BETTER_PLAN = "better_plan"


class SkipReason(StrEnum):
    """Why a row of a batch proposal was not sent."""

    CHANGED = "changed"
    TAKEN = "taken"
    NO_LONGER_FITS = "no_longer_fits"
    ALREADY_SENT = "already_sent"


class ChangeKind(StrEnum):
    """What a small change of a request may touch, so that somebody can come."""

    SHIFTED = "shifted"
    SHORTER = "shorter"
    LOWER_LEVEL = "lower_level"
    LOWER_GERMAN = "lower_german"
    WISH = "wish"
    FURTHER = "further"
    SUBSTITUTE = "substitute"
    PHONE = "phone"
    VIDEO = "video"
    OTHER_DAY = "other_day"
    OTHER_POOL = "other_pool"


class ChanceBand(StrEnum):
    """How many could come, as far as an institution may know while it asks."""

    SEVERAL = "several"
    FEW = "few"
    NOBODY = "nobody"


class TaxFreeRule(StrEnum):
    """Which yearly sum of allowances is free of tax: § 3 Nr. 26a or Nr. 26 EStG."""

    VOLUNTEER = "volunteer"
    TRAINER = "trainer"


class HoursProblem(StrEnum):
    """What is wrong with the hours that somebody reports."""

    ORDER = "order"
    TOO_LONG = "too_long"
    NOT_OVER = "not_over"
    TWO_TRAVELS = "two_travels"
    FAR = "far"
    DEAR = "dear"


class RequestField(StrEnum):
    """What its institution may change of a request that was sent."""

    WINDOWS = "windows"
    MODE = "mode"
    DISTRICT = "district_id"
    ADDRESS = "address"
    MEETING_POINT = "meeting_point"
    LANGUAGE = "language"
    SUBSTITUTES = "substitutes_accepted"
    LANGUAGE_LEVEL = "language_level"
    OCCASION = "occasion"
    ON_SITE_NAME = "on_site_name"
    ON_SITE_PHONE = "on_site_phone"
    PARTICIPANTS = "participants"
    WISHES = "wishes"
    BILLING_NOTE = "billing_note"
    REMARKS = "remarks"


class Consequence(StrEnum):
    """What a change of a request means for somebody who was asked or has agreed."""

    STAYS = "stays"
    ASKED_AGAIN = "asked_again"
    RELEASED = "released"


class SeriesScope(StrEnum):
    """Which appointments of a series are meant."""

    ONE = "one"
    FOLLOWING = "following"
    ALL = "all"


class Rhythm(StrEnum):
    """How often a talk repeats."""

    WEEKLY = "weekly"
    FORTNIGHTLY = "fortnightly"
    CHOSEN = "chosen"


class Conformity(StrEnum):
    """How far the pages meet the rules for accessible information technology."""

    FULL = "full"
    PARTLY = "partly"
    NOT = "not"
