#!/bin/bash
# Product: nginx 1.22.1 (Debian 12, package nginx 1.22.1-9+deb12u11).
#
# `keepalive` stands in an `upstream`, and nothing else is set, so nginx talks HTTP/1.0 to the provider
# and asks it by `Connection: close` to close after its answer. One would expect that it does not use
# such a connection again: it is about to end (RFC 9112, section 9.6).
#
# What happens: where the provider's answer (HTTP/1.1) does not repeat `Connection: close`, nginx keeps
# the connection and sends the next call on it. If the provider closes as it was asked to, a call that
# comes before nginx has seen that is lost: 502, and a PATCH or a POST is not sent again.
set -euo pipefail

version=1.22.1-9+deb12u11
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
apt-get -q=2 download "nginx=$version"
dpkg -x nginx_*.deb package
package/usr/sbin/nginx -v 2>&1 | grep -F nginx/1.22.1

cat >provider.py <<'P'
import http.server
import os

connections = []

class Provider(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        asked = f"{self.request_version} {self.headers['Connection']}"
        if self.connection not in connections:
            connections.append(self.connection)
        body = f"{asked}, connection {len(connections)}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        # It takes its time to close.
        self.close_connection = False

    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
print(server.server_port, file=open("port.new", "w"))
os.rename("port.new", "port")
server.serve_forever()
P
python3 provider.py &
started+=($!)
for _ in $(seq 100); do [ -e port ] && break; sleep 0.1; done
listen=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')

cat >nginx.conf <<C
daemon off;
master_process off;
pid $folder/pid;
error_log $folder/error.log;
events {}
http {
  access_log off;
  client_body_temp_path $folder/body;
  proxy_temp_path $folder/proxy;
  fastcgi_temp_path $folder/fastcgi;
  uwsgi_temp_path $folder/uwsgi;
  scgi_temp_path $folder/scgi;
  upstream provider { server 127.0.0.1:$(cat port); keepalive 8; }
  server {
    listen 127.0.0.1:$listen;
    location / { proxy_pass http://provider; }
  }
}
C
package/usr/sbin/nginx -p "$folder" -c nginx.conf -e error.log &
started+=($!)
first=$(curl -sS --noproxy '*' --retry 50 --retry-delay 0 --retry-connrefused "http://127.0.0.1:$listen/")
second=$(curl -sS --noproxy '*' "http://127.0.0.1:$listen/")
echo "first call:  $first"
echo "second call: $second"
[ "$first" = "HTTP/1.0 close, connection 1" ]
[ "$second" = "HTTP/1.0 close, connection 1" ]
