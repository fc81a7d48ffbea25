//! The products, one file each.

mod apache;
mod caddy;
mod envoy;
mod h2o;
mod haproxy;
mod lighttpd;
mod nghttpx;
mod nginx;

use crate::product::Product;

/// In the order of the page.
pub(crate) const ALL: &[&Product] = &[
    &nginx::NGINX,
    &haproxy::HAPROXY,
    &apache::APACHE,
    &envoy::ENVOY,
    &caddy::CADDY,
    &lighttpd::LIGHTTPD,
    &nghttpx::NGHTTPX,
    &h2o::H2O,
];
