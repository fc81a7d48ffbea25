//! Envoy, as a reverse proxy.

use std::process::Command;

use crate::product::{Place, Product, Rows, Setting, tool};

pub(crate) const ENVOY: Product = Product {
    name: "Envoy",
    version: &["envoy", "--version"],
    about: "It brings no configuration: here it has the least that routes all to one cluster; \
            `--concurrency 1`.",
    settings: &[
        Setting {
            name: "as installed",
            text: "",
            gives_up: Some(15),
            rows: Rows::All,
        },
        Setting {
            name: "timeout: 3s, local_reply_config: { body_format: { json_format } }",
            text: "route: timeout: 3s\n\
                   manager: local_reply_config: { body_format: { json_format: \
                   { message: '%LOCAL_REPLY_BODY%' } } }",
            gives_up: Some(3),
            rows: Rows::Provider,
        },
        Setting {
            name: "retry_on: '5xx,reset,connect-failure', num_retries: 2, per_try_timeout: 3s, \
                   max_retries: 16",
            text: "route: retry_policy: { retry_on: '5xx,reset,connect-failure', num_retries: 2, \
                   per_try_timeout: 3s }\n\
                   cluster: circuit_breakers: { thresholds: [{ max_retries: 16 }] }",
            gives_up: Some(3),
            rows: Rows::Provider,
        },
        // What Istio writes where nobody says anything of retries.
        Setting {
            name: "retry_on: 'connect-failure,refused-stream,unavailable,cancelled,\
                   reset-before-request,retriable-status-codes', retriable_status_codes: [503]",
            text: "route: retry_policy: { retry_on: 'connect-failure,refused-stream,unavailable,\
                   cancelled,reset-before-request,retriable-status-codes', num_retries: 2, \
                   retriable_status_codes: [503] }",
            gives_up: None,
            rows: Rows::Provider,
        },
        Setting {
            name: "a gzip compressor, max_headers_count: 200, max_response_headers_kb: 8",
            text: "filters: { name: compressor, typed_config: { '@type': \
                   type.googleapis.com/envoy.extensions.filters.http.compressor.v3.Compressor, \
                   compressor_library: { name: gzip, typed_config: { '@type': \
                   type.googleapis.com/envoy.extensions.compression.gzip.compressor.v3.Gzip \
                   } } } },\n\
                   protocol: max_headers_count: 200, max_response_headers_kb: 8",
            gives_up: None,
            rows: Rows::Provider,
        },
        Setting {
            name: "circuit_breakers: { thresholds: [{ max_requests: 1 }] }",
            text: "cluster: circuit_breakers: { thresholds: [{ max_requests: 1 }] }",
            gives_up: None,
            rows: Rows::Crowded(1),
        },
    ],
    refuses: &[401, 403, 404, 407, 413, 429, 502, 503, 504],
    start,
    reload: None,
};

const CONFIGURATION: &str = "
static_resources:
  listeners:
  - address: { socket_address: { address: 127.0.0.1, port_value: {port} } }
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          '@type': type.googleapis.com/envoy.extensions.filters.network.\
http_connection_manager.v3.HttpConnectionManager
          stat_prefix: provider
          {manager}
          http_filters: [{filters} { name: router, typed_config: { '@type': \
type.googleapis.com/envoy.extensions.filters.http.router.v3.Router } }]
          route_config:
            virtual_hosts:
            - name: provider
              domains: ['*']
              routes:
{refuses}
              - match: { prefix: / }
                route: { cluster: provider, {route} }
  clusters:
  - name: provider
    type: STATIC
    load_assignment:
      cluster_name: provider
      endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: \
{ address: 127.0.0.1, port_value: {origin} } } } }] }]
    typed_extension_protocol_options:
      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
        '@type': type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
        common_http_protocol_options: { {protocol} }
        explicit_http_config: { http_protocol_options: {} }
    {cluster}
";

const REFUSES: &str = "
              - match:
                  prefix: /
                  headers:
                  - { name: user-agent, string_match: { contains: refuse-{status} } }
                direct_response: { status: {status}, body: { inline_string: {words} } }
";

fn start(place: &Place, setting: &Setting) -> Command {
    let refuses = ENVOY.refuses.iter().map(|status| {
        // What GitHub says of a dead token.
        let words = match status {
            401 => "Bad credentials",
            404 => "Not Found",
            _ => "refused",
        };
        REFUSES
            .replace("{status}", &status.to_string())
            .replace("{words}", words)
    });
    let mut text = CONFIGURATION.replace("{refuses}", &refuses.collect::<String>());
    // Each line of a setting stands where its first word says.
    for place in ["manager", "filters", "route", "protocol", "cluster"] {
        let mut lines = setting.text.lines();
        let line = lines.find_map(|line| line.strip_prefix(&format!("{place}: ")));
        text = text.replace(&format!("{{{place}}}"), line.unwrap_or_default());
    }
    let file = place.write("envoy.yaml", &place.fill(&text, setting));
    let mut envoy = Command::new(tool("envoy"));
    envoy
        .arg("-c")
        .arg(file)
        .args(["--concurrency", "1", "--disable-hot-restart"]);
    envoy.args(["--drain-time-s", "1", "--log-level", "warn"]);
    envoy
}
