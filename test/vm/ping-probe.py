# ping-probe.py SOURCE TARGET SECONDS: tries to ping TARGET from SOURCE every 10 ms, from before SOURCE exists, and prints the time of the
# first answer (seconds since the epoch). Runs in the VM.
import os, select, socket, struct, sys, time

source, target, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
ident, sequence, sock = os.getpid() & 0xFFFF, 0, None
end = time.time() + seconds
print("ready", flush=True)
while time.time() < end:
    if sock is None:
        new = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        try:
            new.bind((source, 0))
            sock = new
        except OSError:  # no such address yet
            new.close()
    if sock is not None:
        sequence = (sequence + 1) & 0xFFFF
        words = (0x0800, 0, ident, sequence)
        total = sum(words)
        total = (total & 0xFFFF) + (total >> 16)
        try:
            sock.sendto(struct.pack("!HHHH", 0x0800, ~total & 0xFFFF, ident, sequence), (target, 0))
        except OSError:  # no route yet
            pass
        while select.select([sock], [], [], 0.01)[0]:
            packet = sock.recv(2000)[20:]
            kind, _, _, got = struct.unpack("!BBHH", packet[:6])
            if kind == 0 and got == ident:
                print("answered %.6f" % time.time(), flush=True)
                sys.exit(0)
    else:
        time.sleep(0.01)
sys.exit(1)
