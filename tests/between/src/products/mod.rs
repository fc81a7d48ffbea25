//! The products, one file each.

mod apache;
mod caddy;
mod envoy;
mod h2o;
mod haproxy;
mod lighttpd;
mod mitmproxy;
mod nghttpx;
mod nginx;
mod squid;
mod stunnel;
mod tinyproxy;
mod traffic_server;
mod varnish;

use crate::product::Product;

/// In the order of the page.
pub(crate) const ALL: &[&Product] = &[
    &nginx::NGINX,
    &haproxy::HAPROXY,
    &apache::APACHE,
    &envoy::ENVOY,
    &varnish::VARNISH,
    &squid::SQUID,
    &traffic_server::TRAFFIC_SERVER,
    &caddy::CADDY,
    &lighttpd::LIGHTTPD,
    &nghttpx::NGHTTPX,
    &h2o::H2O,
    &stunnel::STUNNEL,
    &mitmproxy::MITMPROXY,
    &tinyproxy::TINYPROXY,
];
