#!/usr/bin/env bash
# PHP 8.2.36, SoapClient with SoapServer: SOAP 1.2, style rpc, an answer whose part is called "result"
#
# Expected: what the service returned, whatever its part is called, as in SOAP 1.1: the server says in rpc:result which part
#           is the result, as SOAP 1.2 has it, and the client of the same extension knows its own server's answers
# Seen:     the client takes rpc:result, an element of another namespace, for the part: a text comes back as "result", a
#           record without its fields, without an error; a part called "return" is read as it is
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq php8.2-cli=8.2.36-1~deb12u1 php8.2-common=8.2.36-1~deb12u1 php8.2-soap=8.2.36-1~deb12u1 libargon2-1 libsodium23 libxml2 libpcre2-8-0 libicu72 >/dev/null 2>&1 || { echo "cannot be downloaded: php8.2-cli=8.2.36-1~deb12u1 php8.2-common=8.2.36-1~deb12u1 php8.2-soap=8.2.36-1~deb12u1 libargon2-1 libsodium23 libxml2 libpcre2-8-0 libicu72"; exit 2; }
for package in *.deb; do dpkg-deb -x "$package" root; done
export LD_LIBRARY_PATH=$folder/root/usr/lib/$(dpkg-architecture -q DEB_HOST_MULTIARCH 2>/dev/null || echo x86_64-linux-gnu)
describe() { # FILE NAMESPACE-OF-SOAP PART
cat >"$1" <<WSDL
<definitions targetNamespace="urn:t" xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:t="urn:t"
  xmlns:s="$2" xmlns:x="http://www.w3.org/2001/XMLSchema">
<types><x:schema targetNamespace="urn:t"><x:complexType name="Order"><x:sequence>
<x:element name="number" type="x:string"/></x:sequence></x:complexType></x:schema></types>
<message name="i"/><message name="text"><part name="$3" type="x:string"/></message>
<message name="record"><part name="$3" type="t:Order"/></message>
<portType name="P"><operation name="status"><input message="t:i"/><output message="t:text"/></operation>
<operation name="order"><input message="t:i"/><output message="t:record"/></operation></portType>
<binding name="B" type="t:P"><s:binding style="rpc" transport="http://schemas.xmlsoap.org/soap/http"/>
<operation name="status"><s:operation soapAction=""/><input><s:body use="literal" namespace="urn:t"/></input>
<output><s:body use="literal" namespace="urn:t"/></output></operation>
<operation name="order"><s:operation soapAction=""/><input><s:body use="literal" namespace="urn:t"/></input>
<output><s:body use="literal" namespace="urn:t"/></output></operation></binding>
<service name="S"><port name="P" binding="t:B"><s:address location="http://127.0.0.1/"/></port></service></definitions>
WSDL
}
for part in result return; do
  describe "1.1-$part.wsdl" http://schemas.xmlsoap.org/wsdl/soap/ "$part"
  describe "1.2-$part.wsdl" http://schemas.xmlsoap.org/wsdl/soap12/ "$part"
done
cat >try.php <<'PHP'
<?php
class Service
{
    function status() { return 'shipped'; }
    function order() { return ['number' => '42']; }
}
class Client extends SoapClient
{
    public SoapServer $server;

    function __doRequest($request, $location, $action, $version, $oneWay = false): ?string
    {
        ob_start();
        $this->server->handle($request);
        return ob_get_clean();
    }
}
$seen = [];
$told = '';
foreach (['1.1' => SOAP_1_1, '1.2' => SOAP_1_2] as $name => $version) {
    foreach (['return', 'result'] as $part) {
        $options = ['soap_version' => $version, 'cache_wsdl' => WSDL_CACHE_NONE];
        $client = new Client("$name-$part.wsdl", $options);
        $client->server = new SoapServer("$name-$part.wsdl", $options);
        $client->server->setClass('Service');
        $seen["$name $part"] = json_encode([$client->status(), $client->order()]);
        $told .= "SOAP $name, a part called $part: {$seen["$name $part"]}\n";
    }
}
echo $told; // not before: answers have headers
$right = '["shipped",{"number":"42"}]';
exit($seen === ['1.1 return' => $right, '1.1 result' => $right, '1.2 return' => $right, '1.2 result' => '["result",{}]'] ? 0 : 1);
PHP
extensions=$(dirname "$(find "$folder/root" -name soap.so)")
root/usr/bin/php8.2 -n -d extension_dir="$extensions" -d extension=soap.so try.php
