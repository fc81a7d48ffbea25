#!/usr/bin/env bash
# SQLite 3.51.1 (apsw 3.51.1.0): the change to a write-ahead log does not wait, however patient the connection.
#
# A program that opens a database sets a busy timeout, and says `PRAGMA journal_mode = WAL`, which is said once
# in the life of the file. Another one opens the new file at the same moment, and writes to it.
# Expected: the change waits for the writer, as each statement of this connection does, for up to the timeout.
# What happens: "database is locked", at once. A statement that writes waits; so does the change when the other
# one only reads. Programs that are started together fail now and then, and only where the database is new.
#
# Needs python3 (3.11 on x86-64) with pip. Nothing is sent anywhere; ends with 0 where it happens as said.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check apsw==3.51.1.0

venv/bin/python - <<'PROGRAM'
import time

import apsw

TIMEOUT = 2.0
print("SQLite", apsw.sqlite_lib_version())


def beside(file, other, statement):
    """What comes of a statement while another connection does something, and after how long."""
    busy = apsw.Connection(file)
    busy.execute("CREATE TABLE t (x)")
    busy.execute(other)
    busy.execute("SELECT * FROM t").fetchall()
    connection = apsw.Connection(file)
    connection.set_busy_timeout(int(TIMEOUT * 1000))
    began = time.monotonic()
    try:
        connection.execute(statement).fetchall()
        said = "done"
    except apsw.BusyError:
        said = "busy"
    took = time.monotonic() - began
    print(f"{statement}, beside {other}: {said} after {took:.1f} s")
    return said, took > TIMEOUT / 2


LOG = "PRAGMA journal_mode = WAL"
assert beside("a.db", "BEGIN IMMEDIATE", LOG) == ("busy", False)
assert beside("b.db", "BEGIN IMMEDIATE", "INSERT INTO t VALUES (1)") == ("busy", True)
assert beside("c.db", "BEGIN", LOG) == ("busy", True)
PROGRAM
