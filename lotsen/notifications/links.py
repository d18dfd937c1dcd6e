"""Mailed links: the rows behind them and the addresses that stand in mails."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from lotsen.domain import tokens
from lotsen.domain.vocabulary import TokenPurpose
from lotsen.models import Token


@dataclass(frozen=True)
class Links:
    """Makes links of this installation; `base_url` has no slash at its end."""

    base_url: str
    secret: str

    def issue(
        self,
        session: Session,
        purpose: TokenPurpose,
        *,
        now: datetime,
        expires_at: datetime,
        request_id: int | None = None,
        assignment_id: int | None = None,
        guide_id: int | None = None,
        contact_id: int | None = None,
    ) -> str:
        """Create a token and return its address with a placeholder for the secret part."""
        nonce = tokens.fresh_nonce()
        token = Token(
            purpose=purpose,
            nonce=nonce,
            token_hash=tokens.digest(tokens.derive(self.secret, purpose, nonce)),
            request_id=request_id,
            assignment_id=assignment_id,
            guide_id=guide_id,
            contact_id=contact_id,
            created_at=now,
            expires_at=expires_at,
        )
        session.add(token)
        session.flush()
        return f"{self.base_url}/l/{tokens.placeholder(token.id)}"
