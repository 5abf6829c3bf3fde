#!/usr/bin/env bash
# PHP 8.2.36, SoapServer with a description in document/literal: the same object in two rows
#
# Expected: each row is written out: a literal document follows its schema, which knows no id and no href
# Seen:     the first row gets id="ref1", the second is an empty <row href="#ref1"/>; a clone of it is written out
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq php8.2-cli=8.2.36-1~deb12u1 php8.2-common=8.2.36-1~deb12u1 php8.2-soap=8.2.36-1~deb12u1 libargon2-1 libsodium23 libxml2 libpcre2-8-0 libicu72 >/dev/null 2>&1 || { echo "cannot be downloaded: php8.2-cli=8.2.36-1~deb12u1 php8.2-common=8.2.36-1~deb12u1 php8.2-soap=8.2.36-1~deb12u1 libargon2-1 libsodium23 libxml2 libpcre2-8-0 libicu72"; exit 2; }
for package in *.deb; do dpkg-deb -x "$package" root; done
export LD_LIBRARY_PATH=$folder/root/usr/lib/$(dpkg-architecture -q DEB_HOST_MULTIARCH 2>/dev/null || echo x86_64-linux-gnu)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$folder"' EXIT
port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
cat >chat.wsdl <<'WSDL'
<definitions targetNamespace="urn:t" xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:t="urn:t"
  xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:x="http://www.w3.org/2001/XMLSchema">
<types><x:schema targetNamespace="urn:t">
<x:complexType name="Row"><x:sequence><x:element name="name" type="x:string"/></x:sequence></x:complexType>
<x:element name="list"><x:complexType><x:sequence/></x:complexType></x:element>
<x:element name="listResponse"><x:complexType><x:sequence>
<x:element name="row" type="t:Row" minOccurs="0" maxOccurs="unbounded"/></x:sequence></x:complexType></x:element>
</x:schema></types>
<message name="i"><part name="p" element="t:list"/></message><message name="o"><part name="p" element="t:listResponse"/></message>
<portType name="P"><operation name="list"><input message="t:i"/><output message="t:o"/></operation></portType>
<binding name="B" type="t:P"><s:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
<operation name="list"><s:operation soapAction=""/><input><s:body use="literal"/></input><output><s:body use="literal"/></output></operation></binding>
<service name="S"><port name="P" binding="t:B"><s:address location="http://127.0.0.1/"/></port></service></definitions>
WSDL
cat >try.php <<'PHP'
<?php
class Chat
{
    function list()
    {
        $row = (object) ['name' => 'a'];
        return ['row' => [$row, $row, clone $row]];
    }
}
$server = new SoapServer('chat.wsdl', ['cache_wsdl' => WSDL_CACHE_NONE]);
$server->setClass('Chat');
$server->handle('<E:Envelope xmlns:E="http://schemas.xmlsoap.org/soap/envelope/"><E:Body><t:list xmlns:t="urn:t"/></E:Body></E:Envelope>');
PHP
extensions=$(dirname "$(find "$folder/root" -name soap.so)")
root/usr/bin/php8.2 -n -d extension_dir="$extensions" -d extension=soap.so try.php | tee answer.xml
grep -q '<row id="ref1"><name>a</name></row><row href="#ref1"/><row><name>a</name></row>' answer.xml
