"""What is done from the page: the control endpoint's commands, and those that need a file."""

from __future__ import annotations

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from afilnet_protocols.dialects.named import NAMED
from afilnet_protocols.errors import AfilnetError
from afilnet_protocols.sandbox.control.endpoint import Control
from afilnet_protocols.sandbox.controlled import Controlled
from afilnet_protocols.sandbox.page.recording import Recordings
from afilnet_protocols.sandbox.state.accounts import Account, Options
from afilnet_protocols.sandbox.state.service import Service

_LARGEST = 64 * 1024 * 1024


class Actions:
    """Changes the sandbox as the page asks."""

    def __init__(self, sandbox: Controlled, service: Service, recordings: Recordings) -> None:
        self._sandbox, self._service, self._recordings = sandbox, service, recordings
        control = Control(sandbox)
        self._actions = {
            "receive": control.receive,
            "fault": control.fault,
            "answer": control.answer,
            "disarm": control.disarm,
            "clock": control.set_clock,
            "revoke": control.revoke,
            "reset": control.reset,
            "account": control.add_account,
            "options": self._set_options,
            "record": self._record,
            "dialect": self._speak_like,
        }

    async def do(self, request: Request) -> Response:
        """Do what is asked; what is wrong with it is told as 400."""
        action = self._actions.get(request.path_params["name"])
        if action is None:
            raise HTTPException(404, "there is no such action")
        problem = ""
        try:
            given = msgspec.json.decode(await _body(request) or b"{}", type=dict[str, object])
            done = action(given)
        except (AfilnetError, TypeError, ValueError, RecursionError) as error:
            problem = str(error) or type(error).__name__
        if problem:
            raise HTTPException(400, problem)
        return Response(msgspec.json.encode(done), media_type="application/json")

    def _set_options(self, given: dict[str, object]) -> object:
        account = self._account(given.pop("account", None))
        unshown = {"sends_appear_after": account.options.sends_appear_after}
        self._service.store.set_options(account, msgspec.convert({**unshown, **given}, Options))
        return {}

    def _record(self, given: dict[str, object]) -> object:
        account = self._account(given.get("account"))
        (self._recordings.start if given.get("on") is True else self._recordings.stop)(account)
        return {}

    def _speak_like(self, given: dict[str, object]) -> object:
        # By name only: a page has no business with the files of this machine.
        name = str(given.get("like"))
        if name not in NAMED:
            raise ValueError(f"there is no built-in dialect {name!r}")
        self._sandbox.speak_like(NAMED[name])
        return {}

    def _account(self, user: object) -> Account:
        account = self._service.store.account_of_user(str(user))
        if account is None:
            raise ValueError(f"the sandbox has no account {user!r}")
        return account

    async def export(self, request: Request) -> Response:
        """Return the state as a file that ``afilnet sandbox --db`` takes, without tokens."""
        headers = {"content-disposition": 'attachment; filename="sandbox.db"'}
        return Response(self._sandbox.export_state(), media_type="application/vnd.sqlite3", headers=headers)

    async def session(self, request: Request) -> Response:
        """Return what an account did and was told, as a replay file: since it was emptied, or its last recording."""
        text, problem = None, ""
        try:
            account = self._account(request.query_params.get("account", ""))
            recorded = "recorded" in request.query_params
            text = self._recordings.kept(account) if recorded else self._recordings.whole(account)
        except ValueError as error:
            problem = str(error)
        if text is None:
            raise HTTPException(404, problem)
        headers = {"content-disposition": 'attachment; filename="session.json"'}
        return Response(text, media_type="application/json", headers=headers)

    async def import_state(self, request: Request) -> Response:
        """Take over the state of such a file in place of what there is."""
        problem = ""
        try:
            self._sandbox.import_state(await _body(request))
        except AfilnetError as error:
            problem = str(error)
        if problem:
            raise HTTPException(400, problem)
        return JSONResponse({})


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > _LARGEST:
            raise HTTPException(413, "the body is too large")
    return bytes(body)
