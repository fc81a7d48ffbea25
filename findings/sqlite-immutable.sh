#!/usr/bin/env bash
# SQLite 3.46.0 (apsw 3.46.0.1 of PyPI): a database that is opened as immutable lacks its last transactions,
# and nothing says so.
#
# `immutable=1` (https://www.sqlite.org/uri.html) is what opens a database in WAL mode on media where the
# index of the log cannot be made. The writer was killed, so committed transactions stand in `-wal` alone.
# Expected: their rows, or an error because the log cannot be looked at.
# What happens: the log is passed over. The rows since the last checkpoint are missing, the schema may be an
# older one, `PRAGMA integrity_check` says ok, and `PRAGMA journal_mode` says delete. A reader without
# the word sees all of them.
#
# Needs python3 with venv. Ends with 0 where it happens as said.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check apsw==3.46.0.1

cat >writer.py <<'PY'
import apsw, os, signal
db = apsw.Connection("vault.db")
db.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
db.execute("CREATE TABLE token (id TEXT, value TEXT); INSERT INTO token VALUES ('a', 'old')")
db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
db.execute("BEGIN; UPDATE token SET value = 'new'; INSERT INTO token VALUES ('b', 'new'); COMMIT")
# As `kill -9` ends it: nothing is written back.
os.kill(os.getpid(), signal.SIGKILL)
PY
venv/bin/python writer.py >/dev/null 2>&1 || true
test -s vault.db-wal

cat >reader.py <<'PY'
import apsw, sys
flags = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
db = apsw.Connection("file:vault.db" + sys.argv[1], flags=flags)
rows = db.execute("SELECT id, value FROM token ORDER BY id").fetchall()
check = db.execute("PRAGMA integrity_check").fetchall()
mode = db.execute("PRAGMA journal_mode").fetchall()
print(apsw.sqlite_lib_version(), rows, check[0][0], mode[0][0])
PY
immutable=$(venv/bin/python reader.py '?immutable=1')
plain=$(venv/bin/python reader.py '')
echo "immutable=1: $immutable"
echo "without it:  $plain"
test "$immutable" = "3.46.0 [('a', 'old')] ok delete"
test "$plain" = "3.46.0 [('a', 'new'), ('b', 'new')] ok wal"
