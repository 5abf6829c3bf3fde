<?php
// The service by NuSOAP, which writes its own description: STYLE is rpc or document, MODE default or utf-8.
error_reporting(0); // it warns of itself in every call, as every deployment of it knows
require __DIR__ . '/nusoap.php';
const SPACE = 'urn:afilnet:chat';
$utf8 = getenv('MODE') === 'utf-8';
$style = getenv('STYLE');
$server = new soap_server();
if ($utf8) {
    $server->soap_defencoding = 'UTF-8';
    $server->decode_utf8 = false;
}
$server->configureWSDL('Chat', SPACE, false, $style);
$server->wsdl->schemaTargetNamespace = SPACE;
$texts = fn (array $names) => array_fill_keys($names, 'xsd:string');
$struct = fn (array $names) => array_combine($names, array_map(fn ($name) => ['name' => $name, 'type' => 'xsd:string', 'minOccurs' => '0'], $names));
$channel = ['platformid', 'platform', 'name'];
$message = ['platformid', 'platform', 'message', 'destination', 'messageid', 'sent', 'status', 'datetime'];
$unread = ['platformid', 'platform', 'message', 'destination', 'messageid', 'issent', 'status', 'datetime'];
foreach (['Channel' => $channel, 'Message' => $message, 'Unread' => $unread] as $name => $fields) {
    $server->wsdl->addComplexType($name, 'complexType', 'struct', 'all', '', $struct($fields));
    $server->wsdl->addComplexType("{$name}List", 'complexType', 'array', '', 'SOAP-ENC:Array', [],
        [['ref' => 'SOAP-ENC:arrayType', 'wsdl:arrayType' => "tns:{$name}[]"]], "tns:$name");
    $server->wsdl->addComplexType("{$name}Result", 'complexType', 'struct', 'all', '', ['list' => ['name' => 'list', 'type' => "tns:{$name}List"]]);
}
$who = ['user', 'password'];
$operations = ['getchatchannels' => [$who, 'Channel'],
    'sendmessage' => [[...$who, 'platform', 'platformid', 'destination', 'message'], null],
    'sendfile' => [[...$who, 'platform', 'platformid', 'destination', 'type', 'fileurl', 'thumburl', 'message'], null],
    'getchats' => [[...$who, 'platform', 'platformid'], 'Message'],
    'getmessages' => [[...$who, 'platform', 'platformid', 'destination'], 'Message'],
    'getunreadmessages' => [[...$who, 'platform', 'platformid', 'destination'], 'Unread']];
foreach ($operations as $name => [$parameters, $record]) {
    $answer = ['status' => 'xsd:string'] + ($record ? ['result' => "tns:{$record}Result"] : []);
    $server->register($name, $texts($parameters), $answer, SPACE, SPACE . "#$name", $style, $style === 'rpc' ? 'encoded' : 'literal');
}

// What a program written in ISO-8859-1 has in its strings, or, in the other mode, UTF-8.
function text(string $utf8): string
{
    return getenv('MODE') === 'utf-8' ? $utf8 : iconv('UTF-8', 'ISO-8859-1', $utf8);
}

function record(string $flag): array
{
    return ['platformid' => '100', 'platform' => 'whatsapp', 'message' => text('¿qué tal? <&'), 'destination' => '34600000000',
        'messageid' => '7', $flag => 'true', 'status' => 'read', 'datetime' => '2026-01-02 03:04:05'];
}

function told(array $given, array $rows): mixed
{
    [$user, $password] = $given;
    if ($user !== 'user' || $password !== 'a-password') {
        return new soap_fault('INCORRECT_USER_PASSWORD', '', 'No.');
    }
    return ['status' => 'SUCCESS', 'result' => ['list' => $rows]];
}

function getchatchannels(...$given) { return told($given, [['platformid' => '100', 'platform' => 'whatsapp', 'name' => text('Café <& Co>')]]); }
function getchats(...$given) { return told($given, [record('sent')]); }
function getmessages(...$given) { return told($given, [record('sent'), ['messageid' => '8'] + record('sent')]); }
function getunreadmessages(...$given) { return told($given, [record('issent')]); }
function sendmessage(...$given) { return send($given, $given[5]); }
function sendfile(...$given) { return send($given, $given[8] ?? $given[7]); }

function send(array $given, string $message): mixed
{
    if (told($given, []) instanceof soap_fault) {
        return told($given, []);
    }
    $word = preg_split('/\s/', $message)[0];
    switch (explode('-', $word)[0]) { // before the effect
        case 'deny': return new soap_fault('CHANNEL_NOT_FOUND', '', 'No.');
        case 'throw': throw new RuntimeException('a fault before the effect');
        case 'dies': posix_kill(getmypid(), SIGKILL);
    }
    file_put_contents(getenv('LEDGER'), "$word \n", FILE_APPEND | LOCK_EX);
    switch (explode('-', $word)[0]) { // after it
        case 'fault': throw new RuntimeException('a fault after the effect');
        case 'mute': exit;
        case 'kill': posix_kill(getmypid(), SIGKILL);
    }
    return getenv('STYLE') === 'rpc' ? 'SUCCESS' : ['status' => 'SUCCESS']; // one part is no array
}

$server->service(file_get_contents('php://input'));
