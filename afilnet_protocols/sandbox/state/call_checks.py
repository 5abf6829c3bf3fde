"""What a call has to pass before it is carried out, in the order of the dialect; each check refuses with its code."""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from afilnet_protocols.catalogue import CLASS, OPERATIONS, Operation
from afilnet_protocols.dialects import Dialect
from afilnet_protocols.sandbox.state.accounts import Account
from afilnet_protocols.sandbox.state.call import Call, Refusal
from afilnet_protocols.sandbox.state.store import Store

_METHODS = {operation.method: operation for operation in OPERATIONS}


class CallChecks:
    """The checks of a service. A server mutant overrides one of them."""

    store: Store
    dialect: Dialect

    def admit(self, call: Call) -> tuple[Account, Operation[object]]:
        """Return whose call it is and what it asks for."""
        match self.dialect.checks_order:
            case "in_turn":
                self.check_credentials(call)
                account = call.account or self.authenticate(call)
                self.check_required(call, "class")
                self.check_class(call)
                self.check_required(call, "method")
                return account, self.find_operation(call)
            case "call_in_turn":
                self.check_required(call, "class")
                self.check_class(call)
                self.check_required(call, "method")
                operation = self.find_operation(call)
                self.check_credentials(call)
                return call.account or self.authenticate(call), operation
            case "call_first":
                self.check_required(call, "class", "method")
                operation = self.find_operation(call)
                self.check_credentials(call)
                return call.account or self.authenticate(call), operation
        self.check_credentials(call)
        self.check_required(call, "class", "method")
        return call.account or self.authenticate(call), self.find_operation(call)

    def check_credentials(self, call: Call) -> None:
        """Refuse a call without user or password."""
        if call.account is None:
            if not call.user:
                raise Refusal("MISSING_USER")
            if not call.password:
                raise Refusal("MISSING_PASSWORD")

    def check_required(self, call: Call, *names: str) -> None:
        """Refuse a call without class or method."""
        for name in names:
            if not call.fields.get(name):
                raise Refusal(f"MISSING_{name.upper()}")

    def check_class(self, call: Call) -> None:
        """Refuse a call of another class."""
        if call.fields["class"] != CLASS:
            raise Refusal("INCORRECT_CLASS")

    def authenticate(self, call: Call) -> Account:
        """Return the account whose user and password these are."""
        account = self.store.account_of_user(call.user or "")
        expected = account.password if account else ""
        given = call.password or ""
        if not hmac.compare_digest(expected.encode(), given.encode()) or account is None:
            raise Refusal("INCORRECT_USER_PASSWORD")
        return account

    def find_operation(self, call: Call) -> Operation[object]:
        """Return the operation that class and method name."""
        self.check_class(call)
        operation = _METHODS.get(call.fields["method"])
        if operation is None:
            raise Refusal("INCORRECT_METHOD")
        return operation

    def check_parameters(self, operation: Operation[object], fields: Mapping[str, str]) -> None:
        """Refuse a call that lacks a compulsory parameter; an empty one counts as absent."""
        for parameter in operation.parameters:
            if parameter.compulsory and not fields.get(parameter.wire):
                raise Refusal("MISSING_COMPULSORY_PARAM")

    def check_channel(self, account: Account, operation: Operation[object], fields: Mapping[str, str]) -> None:
        """Refuse a call of a channel that is not there, whatever else it lacks."""
        if any(parameter.name == "platform_id" for parameter in operation.parameters) and fields.get("platformid"):
            self.find_channel(account, {"platform": "", **fields})

    def find_channel(self, account: Account, fields: Mapping[str, str]) -> tuple[str, str]:
        """Return platform and identifier of the channel that a call names."""
        platform, platform_id = fields["platform"], fields["platformid"]
        if not account.has_channel(platform, platform_id):
            raise Refusal("CHANNEL_NOT_FOUND")
        return platform, platform_id

    def find_conversation(self, account: Account, fields: Mapping[str, str]) -> int:
        """Return the number of the conversation that a call names."""
        platform, platform_id = self.find_channel(account, fields)
        conversation = self.store.conversation(account, platform, platform_id, fields["destination"])
        if conversation is None:
            raise Refusal("CHAT_NOT_FOUND")
        return conversation

    def listed_conversation(self, account: Account, fields: Mapping[str, str]) -> int | None:
        """Return the number of the conversation whose messages are asked for; ``None`` if there are then just none."""
        try:
            return self.find_conversation(account, fields)
        except Refusal as refusal:
            if refusal.code != "CHAT_NOT_FOUND" or self.dialect.lists_unknown_chat == "error":
                raise
        return None
