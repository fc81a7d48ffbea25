//! The products, one file each.

mod nginx;
mod squid;
mod traffic_server;
mod varnish;

use crate::product::Product;

pub(crate) const ALL: &[&Product] = &[
    &nginx::NGINX,
    &varnish::VARNISH,
    &traffic_server::TRAFFIC_SERVER,
    &squid::SQUID,
];
