# Verifies DKIM signatures with Debian's python3-dkim: verify.py KEYS FILE ...
# KEYS has lines "NAME RECORD": the DNS. A line for each file: its name, a blank, and ok or what is wrong.
import sys

import dkim

with open(sys.argv[1], "rb") as keys:
    dns = dict(line.rstrip(b"\n").split(b" ", 1) for line in keys)
for name in sys.argv[2:]:
    with open(name, "rb") as message:
        octets = message.read()
    try:
        verifier = dkim.DKIM(octets)
        good = verifier.verify(dnsfunc=lambda asked, timeout=0: dns.get(asked.rstrip(b".")))
        print(name, "ok" if good else "fail")
    except dkim.DKIMException as e:
        print(name, type(e).__name__, e)
