# traffic.py serve JSON: echo servers, one for each {"kind": "tcp" or "udp", "address", "port"}; prints `ready`, runs until it is ended.
# traffic.py probe: sends each probe of the JSON list on stdin, many at a time, and prints a list of what went wrong, "" for nothing.
# Python, because it needs IP_PKTINFO and SO_BINDTODEVICE, which Node does not have. A server for any address ("0.0.0.0", "::") answers UDP with
# IP_PKTINFO, as DNS servers do: from the address that was asked.
import json
import socket
import struct
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

IP_PKTINFO, IPV6_RECVPKTINFO, IPV6_PKTINFO = 8, 49, 50


def open_socket(kind, address):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
    if family == socket.AF_INET6:
        opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    return opened


def serve_tcp(server):
    def echo(connection):
        try:
            connection.settimeout(60)
            while data := connection.recv(65536):
                connection.sendall(data)
        except OSError:
            pass
        connection.close()

    while True:
        connection, _ = server.accept()
        threading.Thread(target=echo, args=(connection,), daemon=True).start()


def serve_udp(server, asked):
    while True:
        data, control, _, peer = server.recvmsg(65535, 256)
        try:
            server.sendmsg([data], answer_from(control) if asked else [], 0, peer)
        except OSError:
            # Too large for the path: the kernel knows the size now, and the next try is sent in fragments.
            pass


def answer_from(control):
    for level, kind, data in control:
        if (level, kind) == (socket.IPPROTO_IP, IP_PKTINFO):
            return [(level, kind, struct.pack("=I4s4s", 0, data[4:8], bytes(4)))]
        if (level, kind) == (socket.IPPROTO_IPV6, IPV6_PKTINFO):
            return [(level, kind, data[:16] + struct.pack("=I", 0))]
    return []


def serve(servers):
    for wanted in servers:
        kind, address = wanted["kind"], wanted["address"]
        asked = address in ("0.0.0.0", "::")
        server = open_socket(kind, address)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((address, wanted["port"]))
        if kind == "tcp":
            server.listen(256)
            args = (serve_tcp, (server,))
        else:
            if asked and address == "::":
                server.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)
            elif asked:
                server.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
            args = (serve_udp, (server, asked))
        threading.Thread(target=args[0], args=args[1], daemon=True).start()
    print("ready", flush=True)
    while True:
        time.sleep(3600)


def bound(probe, timeout):
    opened = open_socket("udp" if probe["kind"] in ("udp", "refused") else "tcp", probe["to"])
    opened.settimeout(timeout)
    if probe.get("device"):
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, probe["device"].encode())
    if probe.get("source"):
        opened.bind((probe["source"], 0))
    opened.connect((probe["to"], probe["port"]))
    return opened


def send_stream(probe, timeout):
    with bound(probe, timeout) as opened:
        wanted = probe["bytes"]
        sender = threading.Thread(target=push, args=(opened, b"x" * wanted), daemon=True)
        sender.start()
        got = 0
        while got < wanted:
            data = opened.recv(65536)
            if not data:
                return f"{got} of {wanted} bytes"
            got += len(data)
        sender.join()
    return ""


def push(opened, data):
    try:
        opened.sendall(data)
    except OSError:
        # What has not come back is what the other side of this sees.
        pass


def send_datagram(probe, timeout):
    data = b"x" * probe["bytes"]
    with bound(probe, timeout) as opened:
        opened.send(data)
        return "" if opened.recv(65535) == data else "another answer"


def send_refused(probe, timeout):
    with bound(probe, timeout) as opened:
        opened.send(b"x" * probe["bytes"])
        try:
            opened.recv(65535)
        except ConnectionRefusedError:
            # The kernel gives it to this socket only if it came from the address that was asked.
            return ""
        return "an answer"


def send_request(probe, timeout):
    with bound(probe, timeout) as opened:
        opened.sendall(b"GET / HTTP/1.0\r\n\r\n")
        data = opened.recv(100)
        return "" if data.startswith(b"HTTP/") else repr(data)


def send_echo(probe, timeout):
    source = probe.get("device") or probe.get("source")
    options = ["-I", source] if source else []
    argv = ["ping", "-n", "-c", "1", "-W", str(timeout), *options, *probe.get("options", []), probe["to"]]
    ended = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return "" if ended.returncode == 0 else " ".join(ended.stdout.split("\n")[1:3])


# How it is sent, how often it is tried, and for how many seconds each time: TCP sends again by itself.
KINDS = {
    "tcp": (send_stream, 2, 8),
    "udp": (send_datagram, 3, 3),
    "refused": (send_refused, 3, 3),
    "http": (send_request, 2, 8),
    "ping": (send_echo, 3, 2),
}


def send(probe):
    sender, tries, timeout = KINDS[probe["kind"]]
    said = ""
    for _ in range(tries):
        try:
            said = sender(probe, timeout)
        except OSError as error:
            said = str(error)
        if said == "":
            break
    return said


if sys.argv[1] == "serve":
    serve(json.loads(sys.argv[2]))
with ThreadPoolExecutor(32) as pool:
    print(json.dumps(list(pool.map(send, json.load(sys.stdin)))))
