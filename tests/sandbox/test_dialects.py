"""A SOAP client that knows the served description alone (zeep, over its own transport) speaks all three dialects."""

from __future__ import annotations

import json

import pytest
import requests
import zeep
from zeep.transports import Transport

WHERE = {"platform": "whatsapp", "platformid": "100", "destination": "34600000000"}
TEXT = " <b> & ]]> \r\n + % 😀 مرحبا "


@pytest.fixture
def call(request, sandbox, account):
    """Return what calls a method by name, through zeep and the description of a dialect."""
    dialect = request.param
    session = requests.Session()
    session.trust_env = False
    session.verify = sandbox.ca_file
    with session:
        client = zeep.Client(f"{sandbox.base_url}/api/soap/{dialect}?wsdl", transport=Transport(session=session))
        who = {"user": account.user, "password": account.password}

        def named(method, **parameters):
            return client.service[method](**who, **parameters)

        def generic(method, **parameters):
            return json.loads(client.service.call(**{"class": "chat"}, method=method, **who, **parameters))

        yield generic if dialect == "generic/" else named


DIALECTS = pytest.mark.parametrize("call", ["", "rpc/", "generic/"], indirect=True, ids=["document", "rpc", "generic"])


def listed(answer):
    items = answer["result"]["list"]
    return items if isinstance(items, list) else items["item"] if items else []


@DIALECTS
def test_all_six_operations(call, sandbox, account):
    assert [item["platformid"] for item in listed(call("getchatchannels"))] == ["1", "100", "200", "300"]
    assert listed(call("getchats", platform="webchat", platformid="1")) == []
    assert call("sendmessage", **WHERE, message=TEXT)["status"] == "SUCCESS"
    address = "https://www.example.com/image.jpg?a=1&b=2"
    assert call("sendfile", **WHERE, type="image", fileurl=address, thumburl="", message="")["status"] == "SUCCESS"
    sandbox.receive(platform="whatsapp", platform_id="100", destination="34600000000", message=TEXT, account=account)
    assert [item["message"] for item in listed(call("getmessages", **WHERE))] == [TEXT, address, TEXT]
    assert [item["sent"] for item in listed(call("getmessages", **WHERE))] == [True, True, False]
    (unread,) = listed(call("getunreadmessages", **WHERE))
    assert (unread["message"], unread["issent"]) == (TEXT, False)


UNKNOWN = {**WHERE, "platformid": "999"}


@pytest.mark.parametrize("call", [""], indirect=True, ids=["document"])
def test_a_refusal_as_a_fault(call):
    with pytest.raises(zeep.exceptions.Fault, match="The indicated channel does not exist") as caught:
        call("getmessages", **UNKNOWN)
    assert caught.value.code.endswith(":Client")
    assert caught.value.detail.findtext("{urn:afilnet:chat}ChatFault/error") == "CHANNEL_NOT_FOUND"


@pytest.mark.parametrize("call", ["rpc/", "generic/"], indirect=True, ids=["rpc", "generic"])
def test_a_refusal_as_an_answer(call):
    answer = call("getmessages", **UNKNOWN)
    assert (answer["status"], answer["error"]) == ("ERROR", "CHANNEL_NOT_FOUND")
