# ready-socket.pl PATH: what systemd is to a daemon that says READY=1: prints each message that comes to a datagram socket at PATH.
use strict;
use warnings;
use IO::Socket::UNIX;
my $socket = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $ARGV[0]) or die "$ARGV[0]: $!\n";
$| = 1;
print "listening\n";
while (defined $socket->recv(my $message, 4096)) { print "$message\n" }
