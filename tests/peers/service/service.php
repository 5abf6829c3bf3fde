<?php
// The service in PHP, for mod_php, PHP-FPM and PHP's own server. LEDGER names the ledger, from the environment
// or, where a server gives none, from the file `ledger` beside this one.
$ledger = getenv('LEDGER') ?: trim(file_get_contents(__DIR__ . '/ledger'));
$record = ['platformid' => '100', 'platform' => 'whatsapp', 'message' => '¿qué tal? <& 😀', 'destination' => '34600000000',
    'messageid' => '7', 'sent' => true, 'status' => 'read', 'datetime' => '2026-01-02 03:04:05'];
$lists = ['getchatchannels' => [['platformid' => '100', 'platform' => 'whatsapp', 'name' => 'Café <& Co> 😀']],
    'getchats' => [$record], 'getmessages' => [$record, ['messageid' => '8'] + $record], 'getunreadmessages' => [array_diff_key($record, ['sent' => 0]) + ['issent' => true]]];

$given = $_GET + $_POST;
if (str_contains($_SERVER['CONTENT_TYPE'] ?? '', 'json')) {
    $given += json_decode(file_get_contents('php://input'), true);
}
$proof = $_SERVER['HTTP_AUTHORIZATION'] ?? $_SERVER['REDIRECT_HTTP_AUTHORIZATION'] ?? '';
if (isset($_SERVER['PHP_AUTH_USER'])) {
    $given['user'] = $_SERVER['PHP_AUTH_USER'];
    $given['password'] = $_SERVER['PHP_AUTH_PW'];
}
$known = $proof === 'Bearer a-token' || ($given['user'] ?? '') === 'user' && ($given['password'] ?? '') === 'a-password';
$method = $given['method'] ?? '';
$word = preg_split('/\s/', $given['message'] ?? '')[0];
$event = str_starts_with($method, 'send') ? explode('-', $word)[0] : '';

function answer(array $document, int $status = 200): never
{
    http_response_code($status);
    header('Content-Type: application/json');
    echo json_encode($document);
    exit;
}

if (!$known) {
    answer(['status' => 'ERROR', 'error' => $method === '' ? 'MISSING_METHOD' : 'INCORRECT_USER_PASSWORD']);
}
if (isset($lists[$method])) {
    answer(['status' => 'SUCCESS', 'result' => ['list' => $lists[$method]]]);
}
if (!in_array($method, ['sendmessage', 'sendfile'])) {
    answer(['status' => 'ERROR', 'error' => $method === '' ? 'MISSING_METHOD' : 'INCORRECT_METHOD']);
}
switch ($event) { // before the effect
    case 'deny': answer(['status' => 'ERROR', 'error' => 'CHANNEL_NOT_FOUND']);
    case 'deny404': answer(['status' => 'ERROR', 'error' => 'CHANNEL_NOT_FOUND'], 404);
    case 'busy': http_response_code(503); exit('<h1>busy</h1>');
    case 'throw': throw new RuntimeException('a fault before the effect');
    case 'dies': posix_kill(getmypid(), SIGKILL);
    case 'deaf': sleep(2); exit;
}
file_put_contents($ledger, "$word " . ($_SERVER['HTTP_X_ARRIVAL'] ?? '') . "\n", FILE_APPEND | LOCK_EX);
switch ($event) { // after it
    case 'kill': posix_kill(getmypid(), SIGKILL);
    case 'fault': throw new RuntimeException('a fault after the effect');
    case 'memory': ini_set('memory_limit', '4M'); $all = []; while (true) { $all[] = str_repeat('x', 1 << 16); }
    case 'slow': sleep(2); break;
    case 'mute': exit;
    case 'warn': ini_set('display_errors', '1'); echo $undefined; break;
    case 'e403': http_response_code(403); exit('<h1>403</h1>');
    case 'e404': http_response_code(404); exit('<h1>404</h1>');
    case 'e405': http_response_code(405); exit('<h1>405</h1>');
    case 'e502': http_response_code(502); exit('<h1>502</h1>');
    case 'cut': header('Content-Length: 25'); break;
    case 'flush': echo '{"status":'; flush(); posix_kill(getmypid(), SIGKILL);
}
echo json_encode(['status' => 'SUCCESS']);
