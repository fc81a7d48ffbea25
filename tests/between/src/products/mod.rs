//! The products, one file each.

mod envoy;
mod h2o;
mod nghttpx;
mod nginx;

use crate::product::Product;

pub(crate) const ALL: &[&Product] = &[&nginx::NGINX, &envoy::ENVOY, &nghttpx::NGHTTPX, &h2o::H2O];
