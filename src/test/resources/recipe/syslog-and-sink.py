"""The recipe test's surroundings: a syslog on /dev/log, and a receiving SMTP server.

usage: syslog-and-sink.py SYSLOG_FILE SINK_PORT MESSAGE_DIRECTORY
Writes each syslog datagram as a line, and the octets of each received DATA (dot-unstuffed) to a file of its own.
Prints "ready" once both answer. Removes /dev/log when its standard input ends.
"""
import os, socket, sys, threading

log, port, messages = sys.argv[1], int(sys.argv[2]), sys.argv[3]
syslog = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
syslog.bind("/dev/log")
os.chmod("/dev/log", 0o666)
sink = socket.create_server(("127.0.0.1", port))


def write_syslog():
    with open(log, "ab", buffering=0) as file:
        while True:
            file.write(syslog.recv(65536).rstrip(b"\n\0") + b"\n")


def receive(client):
    with client, client.makefile("rb") as lines:
        say = lambda text: client.sendall(text + b"\r\n")
        say(b"220 sink.example ESMTP")
        for line in lines:
            verb = line[:4].upper()
            if verb == b"DATA":
                say(b"354 go")
                body = []
                for text in iter(lines.readline, b".\r\n"):
                    body.append(text[1:] if text.startswith(b".") else text)
                name = os.path.join(messages, str(len(os.listdir(messages))))
                with open(name + ".part", "wb") as file:
                    file.write(b"".join(body))
                os.rename(name + ".part", name)
                say(b"250 taken")
            elif verb == b"EHLO":
                say(b"250-sink.example\r\n250-8BITMIME\r\n250 SIZE 0")
            elif verb == b"QUIT":
                say(b"221 bye")
                return
            else:
                say(b"250 ok")


def serve():
    while True:
        client, _ = sink.accept()
        threading.Thread(target=receive, args=(client,), daemon=True).start()


for work in (write_syslog, serve):
    threading.Thread(target=work, daemon=True).start()
try:
    print("ready", flush=True)
    sys.stdin.read()
finally:
    os.unlink("/dev/log")
