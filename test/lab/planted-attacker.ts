// What a daemon that somebody has taken over would try: a program for a guest of the lab, in Perl, which every Debian has and which can make any
// system call. It prints a line for each attempt: its name, and `open` or the error that refused it. Each attempt is one that changes nothing if it
// succeeds, or that is undone at once.
export const attackerPath = '/usr/local/lib/attacker.pl';

/**
 * Each argument is one more attempt, `KIND:LABEL=VALUE`: `process` a number, `file` a path to read, `socket` the path of another program's, `host` an IPv4
 * address.
 */
export const attacker = String.raw`
use strict;
use Errno;
use Fcntl;
use Socket;
$| = 1;
my %call = (
  # Its number on x86_64 and on aarch64, and arguments that are refused by a kernel that lets the call in, but do no harm.
  mount => [165, 40, "none\0", "/tmp\0", "tmpfs\0", 0, 0], umount2 => [166, 39, "/nowhere\0", 0], unshare => [272, 97, 0x20000],
  setns => [308, 268, -1, 0], pivot_root => [155, 41, "/tmp\0", "/tmp\0"], chroot => [161, 51, "/tmp\0"],
  open_tree => [428, 428, -100, "/\0", 1], fsopen => [430, 430, "tmpfs\0", 0], mount_setattr => [442, 442, -1, "\0", 0, 0, 0],
  ptrace => [101, 117, 16, 0, 0, 0], process_vm_readv => [310, 270, 1, 0, 0, 0, 0, 0], process_vm_writev => [311, 271, 1, 0, 0, 0, 0, 0],
  pidfd_getfd => [438, 438, -1, 0, 0], kcmp => [312, 272, 1, 1, 0, 0, 0], perf_event_open => [298, 241, 0, 0, -1, -1, 0],
  bpf => [321, 280, 0, 0, 0], userfaultfd => [323, 282, 0], io_uring_setup => [425, 425, 1, 0], io_setup => [206, 0, 1, 0],
  keyctl => [250, 219, 0, -4, 0], add_key => [248, 217, "user\0", "planted\0", "x", 1, -2], request_key => [249, 218, "user\0", "planted\0", 0, 0],
  init_module => [175, 105, 0, 0, 0], finit_module => [313, 273, -1, 0, 0], delete_module => [176, 106, "nothing\0", 0],
  kexec_load => [246, 104, 0, 0, 0, 0], reboot => [169, 142, 0, 0, 0, 0], swapon => [167, 224, "/nothing\0", 0], acct => [163, 89, "/nothing\0"],
  settimeofday => [164, 170, 0, 0], clock_settime => [227, 112, 0, 0], clock_adjtime => [305, 266, 0, 0],
  sethostname => [170, 161, 0, -1], setdomainname => [171, 162, 0, -1], syslog => [103, 116, 10, 0, 0],
  setuid => [105, 146, 65534], setresuid => [117, 147, 65534, 65534, 65534], setgroups => [116, 159, 0, 0], capset => [126, 91, 0, 0],
  mknodat => [259, 33, -100, "/run/planted-node\0", 0020666, 0x101], personality => [135, 92, 8], open_by_handle_at => [304, 265, -1, 0, 0],
  fanotify_init => [300, 262, 0, 0], quotactl => [179, 60, 0, 0, 0, 0], vhangup => [153, 58], iopl => [172, 0, 3],
  sched_setscheduler => [144, 119, 0, 1, pack("i", 1)], shmget => [29, 194, 0, 4096, 01600], msgget => [68, 186, 0, 01600], semget => [64, 190, 0, 1, 01600],
  mq_open => [240, 180, "planted\0", 0102, 0600, 0],
);
sub say_of { my ($name, $good) = @_; my $why = $!; ($why) = grep { $!{$_} } keys %!; print "$name: ", $good ? "open" : $why, "\n"; }
sub attempt { my ($name, $code) = @_; $! = 0; say_of($name, $code->()); }
my $column = qx(uname -m) =~ /x86_64/ ? 0 : 1;
for my $name (sort keys %call) {
  my @words = @{$call{$name}};
  my $number = $words[$column] or next;
  # In a child: what it succeeds in ends with it. 1 says that the call was let in, whatever the kernel thought of its arguments.
  my $pid = fork;
  if ($pid == 0) {
    my @args = map { my $word = $_; $word } @words[2 .. $#words];
    my $got = syscall($number, @args);
    exit($got != -1 ? 1 : $!{EPERM} ? 2 : $!{EACCES} ? 3 : $!{ENOSYS} ? 4 : 1);
  }
  waitpid $pid, 0;
  print "call $name: ", { 1 => 'open', 2 => 'EPERM', 3 => 'EACCES', 4 => 'ENOSYS' }->{$? >> 8} // "died of $?", "\n";
}
attempt('a packet socket', sub { my $s; socket($s, 17, SOCK_RAW, 0x0300) });
attempt('a raw socket', sub { my $s; socket($s, AF_INET, SOCK_RAW, 1) });
attempt('a socket of the hypervisor', sub { my $s; socket($s, 40, SOCK_STREAM, 0) });
for my $protocol (0 .. 22) { my $s; socket($s, 16, SOCK_RAW, $protocol) and print "netlink $protocol: open\n"; }
attempt('listen', sub { my $s; socket($s, AF_INET, SOCK_STREAM, 0) and bind($s, pack_sockaddr_in(7777, INADDR_ANY)) and listen($s, 1) });
# A table of nftables, made and taken away: a batch of three messages to nfnetlink, and the answer to the middle one.
sub table {
  my ($what, $flags) = @_;
  my $message = sub { my ($type, $flags, $family, $id, $more) = @_; pack('LSSLLCCn', 20 + length $more, $type, $flags, 1, 0, $family, 0, $id) . $more };
  my $name = pack('SSa12', 12, 1, "planted\0");
  my $s;
  socket($s, 16, SOCK_RAW, 12) or return 0;
  send($s, $message->(16, 1, 0, 10, '') . $message->(10 << 8 | $what, $flags, 1, 0, substr($name, 0, 12)) . $message->(17, 1, 0, 10, ''), 0, pack('SSLL', 16, 0, 0, 0)) or return 0;
  recv($s, my $answer, 4096, 0);
  my ($type, $error) = (unpack('LSSLLl', $answer))[1, 5];
  $! = -$error;
  return $type == 2 && $error == 0;
}
attempt('the firewall', sub { table(0, 0x405) and table(2, 5) });
attempt('a setuid file', sub { my $f; sysopen($f, '/run/planted-suid', O_CREAT | O_WRONLY, 0700) and chmod(04755, '/run/planted-suid') });
unlink '/run/planted-suid', '/run/planted-node';
attempt('execute what it wrote', sub {
  my $f;
  open($f, '>', '/run/planted-program') and print $f "#!/bin/sh\nexit 0\n" and close $f and chmod(0755, '/run/planted-program')
    and (system { '/run/planted-program' } 'planted') == 0 });
unlink '/run/planted-program';
attempt('sysctls of the kernel', sub { my $f; sysopen($f, '/proc/sys/kernel/core_pattern', O_WRONLY) });
attempt('sysctls of the network', sub { my $f; sysopen($f, '/proc/sys/net/ipv4/ip_forward', O_WRONLY) });
attempt('a cgroup', sub { mkdir('/sys/fs/cgroup/planted') and rmdir('/sys/fs/cgroup/planted') });
attempt('ask systemd for a process', sub { system('systemd-run --quiet --wait --collect true 2> /dev/null') == 0 });
attempt('see a process of another service', sub { -e '/proc/1/status' });
for (@ARGV) {
  my ($kind, $label, $value) = /^(\w+):(.*)=(.*)$/;
  attempt("signal $label", sub { kill(0, $value) }) if $kind eq 'process';
  attempt("memory of $label", sub { my $f; sysopen($f, "/proc/$value/mem", O_RDWR) }) if $kind eq 'process';
  attempt("read $label", sub { my $f; sysopen($f, $value, O_RDONLY) }) if $kind eq 'file';
  attempt("connect to $label", sub { my $s; socket($s, AF_UNIX, SOCK_STREAM, 0) and connect($s, pack_sockaddr_un($value)) }) if $kind eq 'socket';
  attempt("reach $label", sub { my $s; socket($s, AF_INET, SOCK_DGRAM, 0) and connect($s, pack_sockaddr_in(9, inet_aton($value))) and send($s, 'x', 0) }) if $kind eq 'host';
}
# Every folder: the first on each way down in which a file can be made.
my %seen;
sub walk {
  my ($folder, $depth) = @_;
  return if $folder =~ m{^/(proc|sys)(/|$)} or -l $folder;
  my $file = ($folder eq '/' ? '' : $folder) . '/.planted';
  if (sysopen(my $f, $file, O_CREAT | O_EXCL | O_WRONLY, 0600)) { close $f; unlink $file; print "folder $folder\n"; return; }
  return if $depth > 6;
  opendir(my $d, $folder) or return;
  for (sort grep { !/^\.\.?$/ } readdir $d) { my $next = ($folder eq '/' ? '' : $folder) . "/$_"; walk($next, $depth + 1) if -d $next; }
}
walk('/', 0);
`;
