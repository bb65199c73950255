#!/usr/bin/perl
# stream.pl SOURCE TARGET PORT RESULT: a TCP connection with one byte each 10 ms. After SIGINT it sends no more, waits up to 10 s until all
# is back, and writes the file RESULT: {"sent": BYTES, "echoed": BYTES, "error": "what went wrong first"}. perl-base has all that it needs.
use strict;
use warnings;
use POSIX ();
use Socket qw(:DEFAULT SOL_SOCKET SO_ERROR IPPROTO_TCP TCP_NODELAY);

my ($source, $target, $port, $file) = @ARGV;
my ($sent, $echoed, $error, $pending, $isConnected, $stopAt) = (0, 0, '', 0, 0, undef);
$SIG{PIPE} = 'IGNORE';
$SIG{INT} = sub { $stopAt //= ticks() + 1000 };

# Hundredths of a second since some moment, whatever the clock does. (Time::HiRes is not in perl-base.)
sub ticks { return (POSIX::times())[0] }

socket(my $socket, PF_INET, SOCK_STREAM, 0) or die "socket: $!\n";
setsockopt($socket, IPPROTO_TCP, TCP_NODELAY, 1);
bind($socket, sockaddr_in(0, inet_aton($source))) or die "bind to $source: $!\n";
fcntl($socket, POSIX::F_SETFL(), POSIX::O_NONBLOCK());
connect($socket, sockaddr_in($port, inet_aton($target))) or $!{EINPROGRESS} or $error = "connect: $!";

my $last = ticks();
while (!defined $stopAt || ($error eq '' && $sent > $echoed && ticks() < $stopAt)) {
  my $now = ticks();
  if (!defined $stopAt && $now > $last) {
    # One byte each time, also after a pause of this process.
    ($last, $sent, $pending) = ($now, $sent + 1, $pending + 1);
  }
  my ($readable, $writable) = ('', '');
  if ($error eq '') {
    vec($readable, fileno($socket), 1) = 1;
    vec($writable, fileno($socket), 1) = 1 if $pending > 0 || !$isConnected;
  }
  select($readable, $writable, undef, 0.005) > 0 or next;
  if (vec($writable, fileno($socket), 1)) {
    if (!$isConnected) {
      $! = unpack('i', getsockopt($socket, SOL_SOCKET, SO_ERROR));
      if ($! != 0) { $error = "connect: $!"; next }
      $isConnected = 1;
    }
    my $count = syswrite($socket, 'x' x $pending);
    if (defined $count) { $pending -= $count }
    elsif (!$!{EAGAIN}) { $error = "write: $!"; next }
  }
  if ($isConnected && vec($readable, fileno($socket), 1)) {
    my $count = sysread($socket, my $bytes, 65536);
    if (!defined $count) { $error = "read: $!" unless $!{EAGAIN} }
    elsif ($count == 0) { $error = 'closed' }
    else { $echoed += $count }
  }
}
# A name of its own until it is whole: somebody waits for the file.
open(my $result, '>', "$file.new") or die "$file.new: $!\n";
(my $said = $error) =~ s/["\\]//g;
print $result qq({"sent": $sent, "echoed": $echoed, "error": "$said"}\n);
close($result);
rename("$file.new", $file);
