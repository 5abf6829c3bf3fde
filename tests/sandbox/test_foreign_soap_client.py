"""A SOAP client that is not ours calls the sandbox, from the served description alone."""

import ssl
import urllib.request

import pytest
import suds
from suds.client import Client
from suds.transport.http import HttpTransport

# suds writes a carriage return as it is, which every XML parser must read as a line feed, and "&amp;" as it is, because
# it takes it for escaped already; so these are only received here.
TEXT = "  <b>hóla</b> \t + & % ]]> \U0001f600 \u05e9\u05dc\u05d5\u05dd\n "
RECEIVED = f"{TEXT}\r\nline\r &amp; &lt;"
WHERE = {"platform": "whatsapp", "platformid": "100"}
OTHER = "34600000000"


class TrustingTransport(HttpTransport):
    """suds' own transport, with the sandbox's authority instead of the system's."""

    def __init__(self, ca_file: str) -> None:
        super().__init__()
        self._context = ssl.create_default_context(cafile=ca_file)

    def u2handlers(self):
        return [*super().u2handlers(), urllib.request.HTTPSHandler(context=self._context)]


@pytest.fixture(scope="module", params=["https", "http"])
def client(request, sandbox):
    if request.param == "https":
        return Client(sandbox.wsdl_url, transport=TrustingTransport(sandbox.ca_file), cache=None)
    return Client(f"{sandbox.plain_url}/api/soap/?wsdl", cache=None)


@pytest.fixture
def account(sandbox):
    return sandbox.account()


@pytest.fixture
def who(account):
    return {"user": account.user, "password": account.password}


def test_all_six_operations(client, sandbox, account, who):
    service = client.service
    channels = service.getchatchannels(**who)
    assert channels.status == "SUCCESS"
    listed = [(item.platform, item.platformid, item.name) for item in channels.result.list.item]
    assert listed == [(item.platform, item.platform_id, item.name) for item in account.channels]

    assert service.getchats(**who, **WHERE).result.list == ""
    assert service.sendmessage(**who, **WHERE, destination=OTHER, message=TEXT).status == "SUCCESS"
    url = "https://www.example.com/image.jpg?a=1&b=2"
    sent = service.sendfile(**who, **WHERE, destination=OTHER, type="image", fileurl=url, message="caption")
    assert sent.status == "SUCCESS"
    sandbox.receive(platform="whatsapp", platform_id="100", destination=OTHER, message=RECEIVED, account=account)

    messages = service.getmessages(**who, **WHERE, destination=OTHER).result.list.item
    assert [(item.messageid, item.message, item.sent) for item in messages] == [
        ("1", TEXT, True),
        ("2", "caption", True),
        ("3", RECEIVED, False),
    ]
    unread = service.getunreadmessages(**who, **WHERE, destination=OTHER).result.list.item
    assert [(item.messageid, item.message, item.issent) for item in unread] == [("3", RECEIVED, False)]
    (chat,) = service.getchats(**who, **WHERE).result.list.item
    assert (chat.destination, chat.messageid, chat.platformid) == (OTHER, "3", "100")


@pytest.mark.parametrize(
    ("method", "changes", "code"),
    [
        ("getchats", {"platformid": "999"}, "CHANNEL_NOT_FOUND"),
        ("getmessages", {"destination": "nobody"}, "CHAT_NOT_FOUND"),
        ("getchats", {"password": "wrong"}, "INCORRECT_USER_PASSWORD"),
        ("sendmessage", {"destination": OTHER, "message": ""}, "MISSING_COMPULSORY_PARAM"),
    ],
)
def test_a_refusal_is_the_fault_that_is_described(client, who, method, changes, code):
    with pytest.raises(suds.WebFault) as caught:
        getattr(client.service, method)(**(who | WHERE | changes))
    assert caught.value.fault.faultcode.endswith(":Client")
    assert caught.value.fault.detail.ChatFault.error == code


def test_the_description_names_the_address_it_was_fetched_from(client, sandbox):
    (service,) = client.wsdl.services
    assert service.ports[0].location in (sandbox.soap_url, f"{sandbox.plain_url}/api/soap/")


@pytest.mark.parametrize("shape", ["rpc", "generic"])
def test_the_other_shapes_are_served_and_can_be_called(sandbox, account, who, shape):
    client = Client(f"{sandbox.plain_url}/api/soap/{shape}/?wsdl", cache=None)
    if shape == "generic":
        answer = client.service.call(**{"class": "chat", "method": "getchats"}, **who, **WHERE)
        assert answer == '{"status":"SUCCESS","result":{"list":[]}}'
        return
    sent = client.service.sendmessage(**who, **WHERE, destination=OTHER, message=TEXT)
    assert sent.status == "SUCCESS"
    answer = client.service.getmessages(**who, **WHERE, destination=OTHER)
    assert [item.message for item in answer.result.list.item] == [TEXT]
    refused = client.service.getmessages(**who, **WHERE, destination="nobody")
    assert (refused.status, refused.error) == ("ERROR", "CHAT_NOT_FOUND")
