"""Users: who may sign in, with which role. One's own role is nobody's to change."""

from __future__ import annotations

from typing import Literal

from flask import abort, current_app
from pydantic import Field
from werkzeug.exceptions import Forbidden

from host.settings.accounts import LONGEST_NAME, LONGEST_PASSWORD, SHORTEST
from host.store.accounts import User as Kept
from host.web import access, own_password
from host.web.api.models import Moment, Sent, Told
from host.web.api.operations import Group
from host.web.asking import ask
from host.web.people import People
from host.web.programs import TooFast

group = Group("Users")

Role = Literal["administrator", "standard"]


class User(Told):
    """Somebody who may sign in."""

    id: int
    name: str
    role: str = Field(description="`administrator` or `standard`.")
    must_change: bool = Field(description="Whether a new password must be chosen first.")
    language: str | None
    created_at: Moment
    is_you: bool


class Users(Told):
    """All users, by name."""

    users: list[User]


class NewUser(Sent):
    name: str = Field(min_length=SHORTEST, max_length=LONGEST_NAME, examples=["Paula"])
    role: Role = Field(examples=["standard"])
    password: str = Field(
        max_length=LONGEST_PASSWORD,
        description="How long it is at least is a setting, `users.password_min`.",
        examples=["one of many words"],
    )
    must_change: bool = Field(True, description="Whether another must be chosen first.")


class NewRole(Sent):
    role: Role = Field(examples=["standard"])


class NewPassword(Sent):
    password: str = Field(max_length=LONGEST_PASSWORD, examples=["one of many words"])
    must_change: bool = Field(True, description="Whether another must be chosen first.")


class OwnPassword(Sent):
    current: str = Field(max_length=LONGEST_PASSWORD, examples=["one of many words"])
    password: str = Field(max_length=LONGEST_PASSWORD, examples=["another of many words"])


class Made(Told):
    id: int


class NotYourself(Forbidden):
    """Whoever asks is the user that was to be changed."""

    key = "not_yourself"


@group.get("/users")
def many() -> Users:
    """List the users."""
    return Users(users=[_told(one) for one in _people().all()])


@group.post("/users", status=201)
def add(body: NewUser) -> Made:
    """Add a user."""
    return Made(**ask("users.add", **body.model_dump()))


@group.put("/password")
def set_own_password(body: OwnPassword) -> None:
    """Choose another password for yourself; your sessions and tokens end, this one too."""
    try:
        own_password.change(body.current, body.password)
    except own_password.Wait as error:
        raise TooFast(retry_after=error.seconds) from error


@group.get("/users/<int:user_id>")
def one(user_id: int) -> User:
    """Tell of a user."""
    return _told(_people().user(user_id) or abort(404))


@group.put("/users/<int:user_id>/role")
def change_role(user_id: int, body: NewRole) -> User:
    """Give another user another role; its tokens have the rights of that at once."""
    ask("users.change_role", id=_other(user_id).id, role=body.role)
    return one(user_id)


@group.put("/users/<int:user_id>/password")
def set_password(user_id: int, body: NewPassword) -> None:
    """Give another user a new password; its sessions and tokens end."""
    ask("users.set_password", id=_other(user_id).id, **body.model_dump())


@group.delete("/users/<int:user_id>")
def delete(user_id: int) -> None:
    """Delete another user; its sessions and tokens end."""
    ask("users.delete", id=_other(user_id).id)


def _people() -> People:
    return current_app.extensions["people"]


def _other(user_id: int) -> Kept:
    if user_id == access.signed_in().id:
        raise NotYourself
    return _people().user(user_id) or abort(404)


def _told(user: Kept) -> User:
    return User(
        id=user.id,
        name=user.name,
        role=user.role,
        must_change=user.must_change,
        language=user.language,
        created_at=user.created_at,
        is_you=user.id == access.signed_in().id,
    )
