#!/usr/bin/env bash
# Caddy 2.6.2-5 (Debian): a reload breaks off the calls of a `reverse_proxy` with `flush_interval -1`.
#
# `caddy reload` is graceful: a call that is under way gets its answer. `flush_interval -1` is for
# answers that are streamed, and says that nothing is to be held back.
# Expected: a call gets its answer through a reload, with and without it.
# What happens: with it, the call to the provider is cancelled at the reload, and the client gets a 502,
# while the provider has done what it was asked for. Nobody can send a POST again after that.
#
# Needs apt-get, dpkg, curl and python3. All on loopback; ends with 0 where it happens as said.
set -euo pipefail
version=2.6.2-5
folder=$(mktemp -d)
processes=()
trap 'kill "${processes[@]}" 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
apt-get download "caddy=$version" >/dev/null 2>&1
dpkg -x ./caddy_*.deb .
export HOME="$folder" XDG_CONFIG_HOME="$folder" XDG_DATA_HOME="$folder"

# Answers a POST after two seconds, and notes each.
cat >origin.py <<'PY'
import http.server, time

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        print("the provider has done it", flush=True)
        time.sleep(2)
        self.send_response(200)
        self.send_header("content-length", "3")
        self.end_headers()
        self.wfile.write(b"new")
    def log_message(self, *_):
        pass

http.server.ThreadingHTTPServer(("127.0.0.1", 18081), Handler).serve_forever()
PY
python3 origin.py >origin.log 2>/dev/null &
processes+=("$!")

cat >Caddyfile <<'END'
{
  admin 127.0.0.1:18082
  auto_https off
}
http://127.0.0.1:18080 {
  bind 127.0.0.1
  handle /streamed {
    reverse_proxy 127.0.0.1:18081 {
      flush_interval -1
    }
  }
  handle {
    reverse_proxy 127.0.0.1:18081
  }
}
END
usr/bin/caddy run --config Caddyfile --adapter caddyfile >caddy.log 2>&1 &
processes+=("$!")
# Both listen.
for url in http://127.0.0.1:18081/ http://127.0.0.1:18082/config/; do
  for _ in $(seq 200); do
    curl -s -o /dev/null --noproxy '*' "$url" && break
    sleep 0.1
  done
done

call() {
  curl -s -o /dev/null -w '%{http_code}' --noproxy '*' --max-time 20 --data old "http://127.0.0.1:18080$1"
}
call /streamed >streamed &
streamed=$!
call /other >other &
other=$!
for _ in $(seq 100); do
  [ "$(wc -l <origin.log)" -ge 2 ] && break
  sleep 0.1
done
usr/bin/caddy reload --force --config Caddyfile --adapter caddyfile --address 127.0.0.1:18082 >/dev/null 2>&1
wait "$streamed" "$other" || true

usr/bin/caddy version
echo "the provider was asked $(wc -l <origin.log) times"
echo "without flush_interval: $(cat other); with flush_interval -1: $(cat streamed)"
[ "$(wc -l <origin.log)" = 2 ] && [ "$(cat other)" = 200 ] && [ "$(cat streamed)" = 502 ]
