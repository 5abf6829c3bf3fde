<?php
// PHP's SoapServer with a description in any style; WSDL and LEDGER name files.
class Chat
{
    private function record(): stdClass
    {
        return (object) ['platformid' => '100', 'platform' => 'whatsapp', 'message' => '¿qué tal? <& 😀',
            'destination' => '34600000000', 'messageid' => '7', 'sent' => 'true', 'status' => 'read',
            'datetime' => '2026-01-02 03:04:05'];
    }

    public function __call(string $method, array $arguments): mixed
    {
        global $document, $names;
        $given = $document ? (array) $arguments[0] : array_combine(array_slice($names[$method], 0, count($arguments)), $arguments);
        $word = preg_split('/\s/', $given['message'] ?? '')[0];
        $event = explode('-', $word)[0];
        if (($given['user'] ?? '') !== 'user' || ($given['password'] ?? '') !== 'a-password') {
            throw new SoapFault('INCORRECT_USER_PASSWORD', 'No.');
        }
        $record = $this->record();
        $same = clone $record;
        $same->messageid = '8';
        $unread = clone $record;
        unset($unread->sent);
        $unread->issent = 'true';
        // Two rows may well be one object: PHP then writes the second as a reference to the first.
        $chats = ($given['platformid'] ?? '') === '200' ? [$record, $record] : [$record];
        $lists = ['getchatchannels' => [(object) ['platformid' => '100', 'platform' => 'whatsapp', 'name' => 'Café <& Co> 😀']],
            'getchats' => $chats, 'getmessages' => [$record, $same], 'getunreadmessages' => [$unread]];
        if (isset($lists[$method])) {
            return $this->answer($lists[$method]);
        }
        switch ($event) { // before the effect
            case 'deny': throw new SoapFault('CHANNEL_NOT_FOUND', 'No.');
            case 'throw': throw new RuntimeException('a fault before the effect');
            case 'busy': http_response_code(503); exit('<h1>busy</h1>');
            case 'dies': posix_kill(getmypid(), SIGKILL);
        }
        file_put_contents(getenv('LEDGER'), "$word \n", FILE_APPEND | LOCK_EX);
        switch ($event) { // after it
            case 'fault': throw new RuntimeException('a fault after the effect');
            case 'mistake': $this->nothing->like->this();
            case 'mute': exit;
            case 'e403': http_response_code(403); exit('<h1>403</h1>');
            case 'e404': http_response_code(404); exit('<h1>404</h1>');
            case 'e502': http_response_code(502); exit('<h1>502</h1>');
            case 'kill': posix_kill(getmypid(), SIGKILL);
        }
        return $document ? ['status' => 'SUCCESS'] : 'SUCCESS';
    }

    private function answer(array $rows): array
    {
        global $encoded;
        return ['status' => 'SUCCESS', 'result' => ['list' => $encoded ? $rows : ['item' => $rows]]];
    }
}

$document = getenv('STYLE') === 'document';
$encoded = getenv('STYLE') === 'rpc encoded';
$names = json_decode(getenv('NAMES'), true);
$server = new SoapServer(getenv('WSDL'), ['cache_wsdl' => WSDL_CACHE_NONE]);
$server->setObject(new Chat());
$server->handle();
