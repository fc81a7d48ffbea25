#!/usr/bin/env bash
# lighttpd 1.4.69-1 (Debian), mod_proxy: an answer in chunks that was cut off arrives as a whole one.
#
# An answer in chunks ends with a chunk of no bytes; where the connection ends before, it is incomplete
# (RFC 9112, section 8), and a proxy has to let its client know.
# Expected: a 502, or an answer that ends without its end, too.
# What happens: lighttpd takes what came until then, gives it a `Content-Length` that fits, and keeps
# the connection: the client has no way to see that something is missing.
#
# Needs apt-get, dpkg, curl and python3. All on loopback; ends with 0 where it happens as said.
set -euo pipefail
version=1.4.69-1
folder=$(mktemp -d)
processes=()
trap 'kill "${processes[@]}" 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
apt-get download "lighttpd=$version" >/dev/null 2>&1
dpkg -x ./lighttpd_*.deb .

# Begins an answer in chunks, and closes in the middle of a text.
cat >origin.py <<'PY'
import http.server

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"c\r\n{\"token\":\"ab\r\n")
        self.close_connection = True
    def log_message(self, *_):
        pass

http.server.ThreadingHTTPServer(("127.0.0.1", 18091), Handler).serve_forever()
PY
python3 origin.py >/dev/null 2>&1 &
processes+=("$!")

cat >lighttpd.conf <<END
server.document-root = "$folder"
server.bind = "127.0.0.1"
server.port = 18090
server.modules = ( "mod_proxy" )
proxy.server = ( "" => ( ( "host" => "127.0.0.1", "port" => 18091 ) ) )
END
usr/sbin/lighttpd -D -m "$folder/usr/lib/lighttpd" -f lighttpd.conf >lighttpd.log 2>&1 &
processes+=("$!")
ask() {
  curl -s --noproxy '*' --max-time 10 "$@"
}
# Both listen. What is cut off has status 18.
for port in 18091 18090; do
  for _ in $(seq 200); do
    ask -o /dev/null "http://127.0.0.1:$port/" && break
    [ "$?" = 18 ] && break
    sleep 0.1
  done
done

usr/sbin/lighttpd -v | head -n 1
direct=0
ask -o /dev/null http://127.0.0.1:18091/ || direct=$?
through=0
ask -D headers -o body http://127.0.0.1:18090/ || through=$?
echo "curl at the provider: $direct (18 is an answer that was cut off); through lighttpd: $through"
tr -d '\r' <headers
cat body
echo
[ "$direct" = 18 ] && [ "$through" = 0 ] && grep -qi '^content-length: 12' headers && [ "$(cat body)" = '{"token":"ab' ]
