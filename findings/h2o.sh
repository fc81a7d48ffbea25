#!/usr/bin/env bash
# h2o 2.2.5 (Debian 12, 2.2.5+dfsg2-7): a chunked answer that was cut off arrives as a whole one.
#
# The provider begins a chunked answer and closes within it, without the last chunk. One would expect
# that the client can see that (RFC 9112, section 8: such a message is incomplete), as it can where
# an answer with `Content-Length` is cut off. But h2o writes the last chunk itself, so that half an
# answer looks like all of it.
set -euo pipefail

VERSION=2.2.5+dfsg2-7
folder=$(mktemp -d)
pids=()
end() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait
  rm -rf "$folder"
}
trap end EXIT
chmod 755 "$folder"

(cd "$folder" && apt-get download --quiet "h2o=$VERSION" libyaml-0-2 >/dev/null 2>&1)
for package in "$folder"/*.deb; do dpkg -x "$package" "$folder"; done
libraries=$(dirname "$(find "$folder/usr/lib" -name 'libyaml-0.so.2' | head -n 1)")
h2o() { LD_LIBRARY_PATH="$libraries" exec "$folder/usr/bin/h2o" "$@"; }
(h2o --version) | grep -F 'h2o version 2.2.5'

cat >"$folder/provider.py" <<'PROVIDER'
import http.server, sys, time


class Provider(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        if self.path == "/chunked":
            self.send_header("transfer-encoding", "chunked")
            body = b"5\r\nbegun\r\n"
        else:
            self.send_header("content-length", "10")
            body = b"begun"
        self.end_headers()
        self.wfile.write(body)
        time.sleep(0.5)
        self.close_connection = True

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
with open(sys.argv[1] + "/port", "w") as port:
    port.write(f"{server.server_port}\n")
server.serve_forever()
PROVIDER
python3 "$folder/provider.py" "$folder" &
pids+=($!)
until [ -s "$folder/port" ]; do sleep 0.1; done
provider=$(cat "$folder/port")
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')

cat >"$folder/h2o.conf" <<H2O
num-threads: 1
listen:
  host: 127.0.0.1
  port: $port
hosts:
  default:
    paths:
      /:
        proxy.reverse.url: http://127.0.0.1:$provider/
H2O
h2o -c "$folder/h2o.conf" 2>"$folder/log" &
pids+=($!)

cat >"$folder/client.py" <<'CLIENT'
import http.client, socket, sys, time

port = int(sys.argv[1])
while socket.socket().connect_ex(("127.0.0.1", port)) != 0:
    time.sleep(0.1)
for path in ("/length", "/chunked"):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", path)
    answer = connection.getresponse()
    try:
        print(path, "whole:", answer.read().decode())
    except http.client.IncompleteRead as cut:
        print(path, "cut off:", cut.partial.decode())
CLIENT
came=$(timeout 30 python3 "$folder/client.py" "$port")
echo "$came"
[ "$came" = $'/length cut off: begun\n/chunked whole: begun' ]
