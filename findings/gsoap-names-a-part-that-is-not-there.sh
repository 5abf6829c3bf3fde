#!/usr/bin/env bash
# gSOAP 2.8.124 (Debian 12), suds-community 1.2.0, PHP 8.2.36: the description that soapcpp2 writes for a service of the
# style rpc with literal encoding
#
# Expected: whoever reads it calls the service with the parameters that its messages have: `parts` names some of these (WSDL 1.1,
#           3.5)
# Seen:     the description says that the body of each message holds the part "Body", which no message has. suds sends
#           each call without any of its parameters, raises nothing, and gives None for what was answered; PHP's
#           SoapClient refuses the whole description. With the words parts="Body" taken out, both send what they are given
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
packages=(gsoap=2.8.124-2 php8.2-cli=8.2.36-1~deb12u1 php8.2-common=8.2.36-1~deb12u1 php8.2-soap=8.2.36-1~deb12u1 libargon2-1 libsodium23 libxml2 libpcre2-8-0 libicu72)
apt-get download -qq "${packages[@]}" >/dev/null 2>&1 || { echo "cannot be downloaded: ${packages[*]}"; exit 2; }
for package in *.deb; do dpkg-deb -x "$package" root; done
libraries=$folder/root/usr/lib/$(dpkg-architecture -q DEB_HOST_MULTIARCH 2>/dev/null || echo x86_64-linux-gnu)
python3 -m venv venv && venv/bin/pip install --quiet suds-community==1.2.0 || exit 2
cat >chat.h <<'HEADER'
//gsoap t service name: Chat
//gsoap t service port: http://127.0.0.1/
//gsoap t service namespace: urn:t
//gsoap t service style: rpc
//gsoap t service encoding: literal
struct t__sayResponse { char *heard; };
int t__say(char *to, char *text, struct t__sayResponse &result);
HEADER
root/usr/bin/soapcpp2 -S -L chat.h >/dev/null 2>&1
cp Chat.wsdl written.wsdl
sed 's/ parts="Body"//' written.wsdl >corrected.wsdl
grep -m1 'parts=' written.wsdl
cat >suds_client.py <<'PYTHON'
import pathlib
import sys
import xml.etree.ElementTree as ElementTree

from suds.client import Client
from suds.transport import Reply, Transport

ANSWER = """<E:Envelope xmlns:E="http://schemas.xmlsoap.org/soap/envelope/"><E:Body>
<t:sayResponse xmlns:t="urn:t"><heard>a text</heard></t:sayResponse></E:Body></E:Envelope>"""

class Service(Transport):
    """Notes the call that it gets, and answers."""

    def send(self, request):
        [call] = [each for each in ElementTree.fromstring(request.message).iter() if each.tag == "{urn:t}say"]
        print("sent by suds:", {each.tag: each.text for each in call})
        return Reply(200, {}, ANSWER.encode())

client = Client(pathlib.Path(sys.argv[1]).absolute().as_uri(), cache=None)
client.set_options(transport=Service())
print("read by suds:", client.service.say("somebody", "a text"))
PYTHON
cat >client.php <<'PHP'
<?php
class Client extends SoapClient {
    function __doRequest($request, $location, $action, $version, $oneWay = false): ?string {
        echo "sent by PHP:  ", trim(preg_replace('{\s+}', ' ', strip_tags(str_replace('><', '> <', $request)))), "\n";
        return '<E:Envelope xmlns:E="http://schemas.xmlsoap.org/soap/envelope/"><E:Body><t:sayResponse xmlns:t="urn:t">'
            . '<heard>a text</heard></t:sayResponse></E:Body></E:Envelope>';
    }
}
try {
    $client = new Client($argv[1], ['cache_wsdl' => WSDL_CACHE_NONE]);
    $heard = $client->say('somebody', 'a text');
    echo "read by PHP:  $heard\n";
} catch (SoapFault $error) {
    echo "PHP refuses:  ", $error->getMessage(), "\n";
}
PHP
php() { LD_LIBRARY_PATH=$libraries root/usr/bin/php8.2 -n -d extension_dir="$(echo root/usr/lib/php/20*)" -d extension=soap "$@"; }
for each in written corrected; do
  echo "$each:"
  { venv/bin/python suds_client.py $each.wsdl 2>&1; php client.php $each.wsdl 2>&1; } | tee $each.txt
done
grep -q 'sent by suds: {}' written.txt && grep -q 'read by suds: None' written.txt && grep -q "PHP refuses.*'Body'" written.txt &&
  grep -q "sent by suds: {'to': 'somebody', 'text': 'a text'}" corrected.txt && grep -q 'read by PHP:  a text' corrected.txt || exit 1
