#!/bin/bash
# Product: HAProxy 2.6.12 (Debian 12, package haproxy 2.6.12-1+deb12u4).
#
# A provider that closes without an answer is a 502 to the client. Only where HAProxy has sent a call on
# a connection to the provider that had been used before, the client's connection is closed without a
# word, so that the client can try again as it would without HAProxy. With `option http-server-close`
# no connection to the provider is used twice, so one would expect a 502 for each such call.
#
# What happens: the second call on a client's connection is closed without a word also then, although
# it went to the provider on a new connection, and arrived. A client that takes such an end for a
# connection that was too old, and sends the call again, makes it twice.
set -euo pipefail

version=2.6.12-1+deb12u4
folder=$(mktemp -d)
started=()
end() {
  for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait
  rm -rf "$folder"
}
trap end EXIT
chmod 755 "$folder"
cd "$folder"
apt-get -q=2 download "haproxy=$version"
dpkg -x haproxy_*.deb package
package/usr/sbin/haproxy -v | grep -F 2.6.12-1+deb12u4

cat >calls.py <<'P'
import http.client
import http.server
import os
import sys
import threading
import time

class Provider(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    calls = []
    connections = 0

    def setup(self):
        super().setup()
        self.is_new = True

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        Provider.calls.append((self.path, "new" if self.is_new else "used"))
        self.is_new = False
        self.close_connection = True
        if self.path == "/answered":
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.send_header("Connection", "close")
            self.end_headers()

    def log_message(self, *_):
        pass

listen = int(sys.argv[1])
server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Provider)
threading.Thread(target=server.serve_forever, daemon=True).start()

def call(client, path):
    try:
        client.request("POST", path, body=b"x")
        answer = client.getresponse()
        answer.read()
        return str(answer.status)
    except http.client.RemoteDisconnected:
        return "closed"

for _ in range(100):
    try:
        client = http.client.HTTPConnection("127.0.0.1", listen)
        client.connect()
        break
    except ConnectionRefusedError:
        time.sleep(0.1)
alone = call(client, "/closed")
print("the first call on a connection:", alone)
client = http.client.HTTPConnection("127.0.0.1", listen)
before, after = call(client, "/answered"), call(client, "/closed")
print("a call that is answered:", before, "and a second one on the same connection:", after)
print("the provider saw, and on what connection:", Provider.calls)
seen = [("/closed", "new"), ("/answered", "new"), ("/closed", "new")]
sys.exit((alone, before, after) != ("502", "200", "closed") or Provider.calls != seen)
P

port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
listen=$(port)
provider=$(port)
cat >haproxy.cfg <<C
defaults
  mode http
  timeout connect 5s
  timeout client 10s
  timeout server 10s
  option http-server-close
listen gateway
  bind 127.0.0.1:$listen
  server first 127.0.0.1:$provider
C
package/usr/sbin/haproxy -db -f haproxy.cfg &
started+=($!)
python3 calls.py "$listen" "$provider"
