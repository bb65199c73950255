#!/usr/bin/perl
# echo.pl PORT: sends back what comes, one connection after the other. Prints `ready` when it listens.
use strict;
use warnings;
use Socket qw(:DEFAULT SOL_SOCKET SO_REUSEADDR IPPROTO_TCP TCP_NODELAY);

my ($port) = @ARGV;
$SIG{PIPE} = 'IGNORE';
$| = 1;
socket(my $server, PF_INET, SOCK_STREAM, 0) or die "socket: $!\n";
setsockopt($server, SOL_SOCKET, SO_REUSEADDR, 1);
bind($server, sockaddr_in($port, INADDR_ANY)) or die "bind to port $port: $!\n";
listen($server, 8) or die "listen: $!\n";
print "ready\n";
while (accept(my $client, $server)) {
  setsockopt($client, IPPROTO_TCP, TCP_NODELAY, 1);
  while (sysread($client, my $bytes, 65536)) {
    last unless syswrite($client, $bytes);
  }
}
