#!/usr/bin/env bash
# SOAP::Lite 1.27 (Debian 12), zeep 4.3.3: a service in Perl answers with texts, as the description for its callers says
#
# Expected: who is told by the description that the answer is an xsd:string gets the text that the service has
# Seen:     the service writes a text that looks like a number as xsd:int, xsd:float or xsd:boolean of its own accord, and
#           zeep believes the answer, not the description: the 20 digits of a SIM card become 8.93400123456789e+19, 3.10
#           becomes 3.1, 1e5 becomes 100000.0, "true" a truth value. With SOAP::Data->type('string') each is the text
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
packages=(libsoap-lite-perl=1.27-3 liburi-perl libclass-inspector-perl libio-sessiondata-perl libxml-parser-lite-perl libxml-parser-perl libwww-perl libhttp-message-perl libhttp-date-perl)
apt-get download -qq "${packages[@]}" >/dev/null 2>&1 || { echo "cannot be downloaded: ${packages[*]}"; exit 2; }
for package in *.deb; do dpkg-deb -x "$package" root; done
export PERL5LIB=$folder/root/usr/share/perl5:$(echo "$folder"/root/usr/lib/*/perl5/5.*)
python3 -m venv venv && venv/bin/pip install --quiet zeep==4.3.3 || exit 2
cat >chat.wsdl <<'WSDL'
<definitions targetNamespace="urn:t" xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:t="urn:t"
  xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:x="http://www.w3.org/2001/XMLSchema">
<message name="i"><part name="text" type="x:string"/></message><message name="o"><part name="text" type="x:string"/></message>
<portType name="P"><operation name="say"><input message="t:i"/><output message="t:o"/></operation></portType>
<binding name="B" type="t:P"><s:binding style="rpc" transport="http://schemas.xmlsoap.org/soap/http"/>
<operation name="say"><s:operation soapAction=""/>
<input><s:body use="encoded" namespace="urn:t" encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"/></input>
<output><s:body use="encoded" namespace="urn:t" encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"/></output></operation></binding>
<service name="S"><port name="P" binding="t:B"><s:address location="http://service.example/"/></port></service></definitions>
WSDL
cat >service.pl <<'PERL'
# Answers the envelope on its standard input, as SOAP::Lite's servers do.
use SOAP::Lite;
use SOAP::Transport::HTTP;
package Chat;
sub say { my (undef, $text) = @_; my $data = SOAP::Data->name(text => $text); return $ENV{TYPED} ? $data->type('string') : $data }
package main;
local $/;
print SOAP::Server->new->dispatch_with({'urn:t' => 'Chat'})->on_action(sub { })->handle(<STDIN>);
PERL
cat >try.py <<'PYTHON'
import os
import subprocess
import sys
import warnings

from zeep import Client
from zeep.transports import Transport

warnings.simplefilter("ignore")

class Service(Transport):
    """Hands calls to the service."""

    typed = ""

    def post(self, address, message, headers):
        run = subprocess.run(["perl", "service.pl"], input=message, capture_output=True, check=True,
                             env={**os.environ, "TYPED": self.typed})
        return type("Answer", (), {"status_code": 200, "headers": {"Content-Type": "text/xml"}, "content": run.stdout,
                                   "encoding": "utf-8"})()

service = Service()
client = Client("chat.wsdl", transport=service)
texts = ["89340012345678901234", "3.10", "1e5", "true", "+34600"]
seen = {}
for service.typed in ("", "1"):
    for text in texts:
        seen[text, service.typed] = client.service.say(text)
        print(f"{text!r} is read as {seen[text, service.typed]!r}{' (typed)' if service.typed else ''}")
changed = seen["89340012345678901234", ""] == 8.93400123456789e19 and seen["true", ""] is True and seen["3.10", ""] == 3.1
sys.exit(0 if changed and all(seen[text, "1"] == text for text in texts) else 1)
PYTHON
venv/bin/python try.py
