#!/usr/bin/perl
# udp-send.pl SOURCE TARGET COUNT: sends COUNT UDP packets from an unconnected socket, so that each send looks the route up anew,
# and prints the nanoseconds per send. Everything is in it: the loop, the system call, the look-up and the way to the NIC.
use strict;
use warnings;
use Socket;
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

my ($source, $target, $count) = @ARGV;
socket(my $socket, PF_INET, SOCK_DGRAM, 0) or die "socket: $!\n";
bind($socket, sockaddr_in(0, inet_aton($source))) or die "bind $source: $!\n";
my $to = sockaddr_in(9, inet_aton($target));
my $message = 'x' x 64;
for (1 .. $count / 10) { send($socket, $message, 0, $to) or die "send: $!\n"; }
my $start = clock_gettime(CLOCK_MONOTONIC);
for (1 .. $count) { send($socket, $message, 0, $to); }
printf "%.1f\n", (clock_gettime(CLOCK_MONOTONIC) - $start) * 1e9 / $count;
