//! The products, one file each.

mod mitmproxy;
mod nginx;
mod stunnel;
mod tinyproxy;

use crate::product::Product;

pub(crate) const ALL: &[&Product] = &[
    &nginx::NGINX,
    &stunnel::STUNNEL,
    &mitmproxy::MITMPROXY,
    &tinyproxy::TINYPROXY,
];
