#!/usr/bin/env bash
# PHP 8.2.36, SoapClient: an xsd:integer or xsd:unsignedLong beyond PHP's own integers, given as a text, read and sent back
#
# Expected: a text of digits is sent as it is, or refused: PHP has no such integers, so a text is the way to have one, and
#           what is read comes as a text, as an xsd:decimal does
# Seen:     whatever is larger is sent as 9223372036854775807, without an error: every order number of twenty digits is the
#           same one. What is read is a float, and what is made of it when it is sent back is another number. An xsd:decimal
#           and an xsd:string come and go as they are
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq php8.2-cli=8.2.36-1~deb12u1 php8.2-common=8.2.36-1~deb12u1 php8.2-soap=8.2.36-1~deb12u1 libargon2-1 libsodium23 libxml2 libpcre2-8-0 libicu72 >/dev/null 2>&1 || { echo "cannot be downloaded: php8.2-cli=8.2.36-1~deb12u1 php8.2-common=8.2.36-1~deb12u1 php8.2-soap=8.2.36-1~deb12u1 libargon2-1 libsodium23 libxml2 libpcre2-8-0 libicu72"; exit 2; }
for package in *.deb; do dpkg-deb -x "$package" root; done
export LD_LIBRARY_PATH=$folder/root/usr/lib/$(dpkg-architecture -q DEB_HOST_MULTIARCH 2>/dev/null || echo x86_64-linux-gnu)
cat >order.wsdl <<'WSDL'
<definitions targetNamespace="urn:t" xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:t="urn:t"
  xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:x="http://www.w3.org/2001/XMLSchema">
<types><x:schema targetNamespace="urn:t">
<x:complexType name="Order"><x:sequence>
<x:element name="integer" type="x:integer"/><x:element name="long" type="x:unsignedLong"/>
<x:element name="decimal" type="x:decimal"/><x:element name="string" type="x:string"/></x:sequence></x:complexType>
<x:element name="order" type="t:Order"/><x:element name="ordered" type="t:Order"/>
</x:schema></types>
<message name="i"><part name="p" element="t:order"/></message><message name="o"><part name="p" element="t:ordered"/></message>
<portType name="P"><operation name="order"><input message="t:i"/><output message="t:o"/></operation></portType>
<binding name="B" type="t:P"><s:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
<operation name="order"><s:operation soapAction=""/><input><s:body use="literal"/></input><output><s:body use="literal"/></output></operation></binding>
<service name="S"><port name="P" binding="t:B"><s:address location="http://127.0.0.1/"/></port></service></definitions>
WSDL
cat >try.php <<'PHP'
<?php
class Client extends SoapClient
{
    public array $sent = [];

    // Answers with the very numbers that stand in the next line, whatever it is asked.
    const LARGE = ['integer' => '12345678901234567890', 'long' => '10000000000000000001',
                   'decimal' => '12345678901234567890', 'string' => '12345678901234567890'];

    function __doRequest($request, $location, $action, $version, $oneWay = false): ?string
    {
        preg_match_all('{<(integer|long|decimal|string)>([^<]*)}', $request, $found);
        $this->sent = array_combine($found[1], $found[2]);
        $fields = '';
        foreach (self::LARGE as $name => $value) $fields .= "<$name>$value</$name>";
        return '<E:Envelope xmlns:E="http://schemas.xmlsoap.org/soap/envelope/"><E:Body>'
             . "<t:ordered xmlns:t=\"urn:t\">$fields</t:ordered></E:Body></E:Envelope>";
    }
}
$client = new Client('order.wsdl', ['cache_wsdl' => WSDL_CACHE_NONE]);
$read = (array) $client->order(Client::LARGE);
$first = $client->sent;
$client->order($read);
$same = true;
$wanted = ['integer' => ['9223372036854775807', '12345678901234567168'], 'long' => ['9223372036854775807', '10000000000000000000'],
           'decimal' => ['12345678901234567890', '12345678901234567890'], 'string' => ['12345678901234567890', '12345678901234567890']];
foreach (Client::LARGE as $name => $value) {
    echo "$name: the text $value is sent as $first[$name]; read as ", gettype($read[$name]), ", sent back as {$client->sent[$name]}\n";
    $same = $same && [$first[$name], $client->sent[$name]] === $wanted[$name];
}
exit($same ? 0 : 1);
PHP
extensions=$(dirname "$(find "$folder/root" -name soap.so)")
root/usr/bin/php8.2 -n -d extension_dir="$extensions" -d extension=soap.so try.php
