//! The products, one file each.

mod apache;
mod caddy;
mod lighttpd;
mod nginx;

use crate::product::Product;

pub(crate) const ALL: &[&Product] = &[
    &nginx::NGINX,
    &apache::APACHE,
    &caddy::CADDY,
    &lighttpd::LIGHTTPD,
];
