//! The products, one file each.

mod haproxy;
mod nginx;

use crate::product::Product;

pub(crate) const ALL: &[&Product] = &[&nginx::NGINX, &haproxy::HAPROXY];
