//! Every construct that the generator handles, compiled and run: see `handled.yaml`.

#[allow(missing_docs)]
pub mod handled {
    include!(concat!(env!("OUT_DIR"), "/handled.rs"));
}

#[cfg(test)]
#[allow(dead_code, unreachable_pub)]
mod handled_mocks {
    include!(concat!(env!("OUT_DIR"), "/handled_mocks.rs"));
}

#[cfg(test)]
mod handled_round_trip {
    include!(concat!(env!("OUT_DIR"), "/handled_round_trip.rs"));
}

#[cfg(test)]
mod tests;
