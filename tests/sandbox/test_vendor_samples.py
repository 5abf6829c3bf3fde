"""The vendor's own samples work with only host, port and trust changed."""

from __future__ import annotations

import base64
import shutil
import subprocess

import pytest

from tests.sandbox.speak import FORM, http_call, multipart
from tests.tables import table

SEND = "platform=whatsapp&platformid=100&destination=3460000000&message=test+message"
SAMPLES = {
    "getchatchannels": "",
    "sendmessage": "&" + SEND,
    "sendfile": "&platform=whatsapp&platformid=100&destination=3460000000&type=image"
    "&fileurl=https://www.example.com/image.jpg&thumburl=https://www.example.com/thumb.jpg&message=test+message",
    "getchats": "&platform=whatsapp&platformid=100",
    "getmessages": "&platform=whatsapp&platformid=100&destination=3460000000",
    "getunreadmessages": "&platform=whatsapp&platformid=100&destination=3460000000",
}


@pytest.fixture(autouse=True)
def _begun(sandbox):
    sandbox.reset()
    sandbox.receive(platform="whatsapp", platform_id="100", destination="3460000000", message="hola")
    yield
    sandbox.reset()


@table("tls", [True, False])
@table("verb", ["GET", "POST"])
@table("start", ["/api/http/?class=chat", "/api/http/?+'&class=chat"])
@table("method", SAMPLES)
def test_the_node_page(sandbox, method, start, verb, tls):
    target = f"{start}&method={method}&user=user&password=password{SAMPLES[method]}"
    base = sandbox.base_url if tls else sandbox.plain_url
    answer = http_call(base, verb, target, ca_file=sandbox.ca_file if tls else None)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json; charset=utf-8")
    assert answer.body.startswith(b'{"status":"SUCCESS"')


def test_a_plus_in_a_sample_is_a_blank(sandbox):
    http_call(sandbox.plain_url, "POST", f"/api/http/?class=chat&method=sendmessage&user=user&password=password&{SEND}")
    asked = "/api/http/?class=chat&method=getmessages&user=user&password=password" + SAMPLES["getmessages"]
    items = http_call(sandbox.plain_url, "GET", asked).json()["result"]["list"]
    assert [item["message"] for item in items] == ["hola", "test message"]


def test_php_posts_a_form(sandbox):
    body = f"class=chat&method=sendmessage&user=user&password=password&{SEND}".encode()
    answer = http_call(sandbox.plain_url, "POST", "/api/http/", body=body, headers={"Content-Type": FORM})
    assert answer.body == b'{"status":"SUCCESS"}'


def test_the_php_library_posts_multipart(sandbox):
    sent = {"class": "chat", "method": "sendmessage", "user": "user", "password": "password"}
    sent |= {"platform": "whatsapp", "platformid": "100", "destination": "346", "message": "áéí"}
    # As curl writes it: a boundary of many dashes.
    body = multipart(sent).replace(b"a-boundary-of-ours", b"------------------------d74496d66958873e")
    kind = {"Content-Type": "multipart/form-data; boundary=------------------------d74496d66958873e"}
    answer = http_call(sandbox.plain_url, "POST", "/api/http/", body=body, headers=kind)
    assert answer.body == b'{"status":"SUCCESS"}'
    assert sandbox.journal()[-1].arguments["message"] == "áéí"


@pytest.mark.parametrize("verb", ["GET", "POST"])
def test_basic_leaves_user_and_password_out(sandbox, verb):
    pairs = f"class=chat&method=sendmessage&{SEND}"
    headers = {"Authorization": "Basic " + base64.b64encode(b"user:password").decode()}
    if verb == "GET":
        answer = http_call(sandbox.plain_url, "GET", "/api/basic/?" + pairs, headers=headers)
    else:
        headers["Content-Type"] = FORM
        answer = http_call(sandbox.plain_url, "POST", "/api/basic/", body=pairs.encode(), headers=headers)
    assert answer.body == b'{"status":"SUCCESS"}'


@pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed")
def test_the_node_sample_itself(sandbox):
    sample = """
    var aclass = "chat"; var method = "sendmessage"; var user = "user"; var password = "password";
    var platform = "whatsapp"; var platformid = "100"; var destination = "3460000000"; var message = "test+message";
    const https = require('https')
    const options = {
    hostname: '127.0.0.1', port: PORT, ca: require('fs').readFileSync('CA'),
    path: '/api/http/?class='+aclass+'&method='+method+'&user='+user+'&password='+password+'&platform='+platform
        +'&platformid='+platformid+'&destination='+destination+'&message='+message,
    method: 'POST'
    }
    const req = https.request(options, res => { res.on('data', d => { process.stdout.write(d) }) })
    req.on('error', error => { console.error(error) })
    req.end()
    """
    sample = sample.replace("PORT", sandbox.base_url.rsplit(":", 1)[1]).replace("CA'", sandbox.ca_file + "'")
    done = subprocess.run(["node", "-e", sample], capture_output=True, check=False, timeout=300)
    assert (done.stdout, done.stderr) == (b'{"status":"SUCCESS"}', b"")
