"""The part of Flask-Login that lotsen uses; the library ships no types."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from flask import Flask, Request
from flask.typing import ResponseReturnValue

_UserLoader = TypeVar("_UserLoader", bound=Callable[[str], object | None])
_RequestLoader = TypeVar("_RequestLoader", bound=Callable[[Request], object | None])
_Handler = TypeVar("_Handler", bound=Callable[[], ResponseReturnValue])

class UserMixin:
    @property
    def is_active(self) -> bool: ...
    @property
    def is_authenticated(self) -> bool: ...
    @property
    def is_anonymous(self) -> bool: ...
    def get_id(self) -> str: ...

class AnonymousUserMixin:
    @property
    def is_active(self) -> bool: ...
    @property
    def is_authenticated(self) -> bool: ...
    @property
    def is_anonymous(self) -> bool: ...
    def get_id(self) -> None: ...

class LoginManager:
    anonymous_user: Callable[[], object]
    blueprint_login_views: dict[str, str]
    id_attribute: str
    localize_callback: Callable[[str], str] | None
    login_message: str | None
    login_message_category: str
    login_view: str | None
    needs_refresh_message: str
    refresh_view: str | None
    session_protection: str | None
    def __init__(self, app: Flask | None = ..., add_context_processor: bool = ...) -> None: ...
    def init_app(self, app: Flask, add_context_processor: bool = ...) -> None: ...
    def request_loader(self, callback: _RequestLoader) -> _RequestLoader: ...
    def unauthorized(self) -> ResponseReturnValue: ...
    def unauthorized_handler(self, callback: _Handler) -> _Handler: ...
    def user_loader(self, callback: _UserLoader) -> _UserLoader: ...

current_user: Any

def login_fresh() -> bool: ...
def login_user(
    user: object,
    remember: bool = ...,
    duration: timedelta | None = ...,
    force: bool = ...,
    fresh: bool = ...,
) -> bool: ...
def logout_user() -> bool: ...
