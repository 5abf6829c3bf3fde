# The service by SOAP::Lite, which has no description of its own: PORT; LEDGER names the ledger.
use strict;
use warnings;
use utf8;
use SOAP::Lite;
use SOAP::Transport::HTTP;

package Chat;

my %record = (
    platformid => '100', platform => 'whatsapp', message => '¿qué tal? <& 😀', destination => '34600000000',
    messageid => '7', status => 'read', datetime => '2026-01-02 03:04:05',
);

sub known {
    my ($user, $password) = @_;
    return if $user eq 'user' && $password eq 'a-password';
    die SOAP::Fault->faultcode('Client.INCORRECT_USER_PASSWORD')->faultstring('No.');
}

sub told {
    my ($given, @rows) = @_;
    known(@$given);
    return (SOAP::Data->name(status => 'SUCCESS'), SOAP::Data->name(result => {list => [@rows]}));
}

sub sent {
    my ($message, @given) = @_;
    known(@given);
    my ($word) = split ' ', $message;
    my ($event) = split '-', $word;
    die SOAP::Fault->faultcode('Client.CHANNEL_NOT_FOUND')->faultstring('No.') if $event eq 'deny';
    die "a fault before the effect\n" if $event eq 'throw';
    kill 'KILL', $$ if $event eq 'dies';
    open my $ledger, '>>', $ENV{LEDGER} or die;
    syswrite $ledger, "$word \n";
    close $ledger;
    die "a fault after the effect\n" if $event eq 'fault';
    kill 'KILL', $$ if $event eq 'kill';
    return SOAP::Data->name(status => 'SUCCESS');
}

sub getchatchannels { shift; told(\@_, {platformid => '100', platform => 'whatsapp', name => 'Café <& Co> 😀'}) }
sub getchats { shift; told(\@_, {%record, sent => 'true'}) }
sub getmessages { shift; told(\@_, {%record, sent => 'true'}, {%record, sent => 'true', messageid => '8'}) }
sub getunreadmessages { shift; told(\@_, {%record, issent => 'true'}) }
sub sendmessage { shift; sent($_[5], @_) }
sub sendfile { shift; sent($_[8] // $_[7], @_) }

package main;

my $daemon = SOAP::Transport::HTTP::Daemon->new(LocalAddr => '127.0.0.1', LocalPort => $ARGV[0], Listen => 64, Reuse => 1);
$daemon->dispatch_with({'urn:afilnet:chat' => 'Chat'})->on_action(sub { });
$SIG{TERM} = sub { $SIG{TERM} = 'IGNORE'; kill 'TERM', -getpgrp; exit };
my $running = 0;
while (1) {    # a worker that is killed is replaced
    while ($running < 8) {
        my $pid = fork // die;
        if (!$pid) { $SIG{TERM} = 'DEFAULT'; $daemon->handle; exit }
        $running++;
    }
    wait;
    $running--;
}
