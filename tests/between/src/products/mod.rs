//! The products, one file each.

mod envoy;
mod h2o;
mod haproxy;
mod nghttpx;
mod nginx;

use crate::product::Product;

/// In the order of the page.
pub(crate) const ALL: &[&Product] = &[
    &nginx::NGINX,
    &haproxy::HAPROXY,
    &envoy::ENVOY,
    &nghttpx::NGHTTPX,
    &h2o::H2O,
];
