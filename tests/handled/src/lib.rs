//! Every construct that the generator handles, compiled and run: see `handled.yaml`, and `handled31.yaml`
//! for what OpenAPI 3.1 says in its own words.

// A property that is null and nothing else is a unit.
#[allow(missing_docs, clippy::unit_arg)]
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

#[allow(missing_docs, clippy::unit_arg)]
pub mod handled31 {
    include!(concat!(env!("OUT_DIR"), "/handled31.rs"));
}

#[cfg(test)]
#[allow(dead_code, unreachable_pub)]
mod handled31_mocks {
    include!(concat!(env!("OUT_DIR"), "/handled31_mocks.rs"));
}

#[cfg(test)]
mod handled31_round_trip {
    include!(concat!(env!("OUT_DIR"), "/handled31_round_trip.rs"));
}

#[cfg(test)]
#[allow(dead_code, unreachable_pub, clippy::all)]
mod names {
    include!(concat!(env!("OUT_DIR"), "/names.rs"));
}

#[cfg(test)]
#[allow(dead_code, unreachable_pub, clippy::all)]
mod names_mocks {
    include!(concat!(env!("OUT_DIR"), "/names_mocks.rs"));
}

#[cfg(test)]
#[allow(dead_code, unreachable_pub, clippy::all)]
mod names_round_trip {
    include!(concat!(env!("OUT_DIR"), "/names_round_trip.rs"));
}

#[cfg(test)]
#[allow(dead_code, unreachable_pub, clippy::all)]
mod strings {
    include!(concat!(env!("OUT_DIR"), "/strings.rs"));
}

#[cfg(test)]
#[allow(dead_code, unreachable_pub, clippy::all)]
mod strings_mocks {
    include!(concat!(env!("OUT_DIR"), "/strings_mocks.rs"));
}

#[cfg(test)]
#[allow(dead_code, unreachable_pub, clippy::all)]
mod strings_round_trip {
    include!(concat!(env!("OUT_DIR"), "/strings_round_trip.rs"));
}

#[cfg(test)]
#[allow(dead_code, unreachable_pub)]
mod empty {
    include!(concat!(env!("OUT_DIR"), "/empty.rs"));
}

#[cfg(test)]
#[allow(dead_code, unreachable_pub)]
mod empty_mocks {
    include!(concat!(env!("OUT_DIR"), "/empty_mocks.rs"));
}

#[cfg(test)]
mod empty_round_trip {
    include!(concat!(env!("OUT_DIR"), "/empty_round_trip.rs"));
}

#[cfg(test)]
#[allow(dead_code, unreachable_pub)]
mod pages {
    include!(concat!(env!("OUT_DIR"), "/pages.rs"));
}

#[cfg(test)]
#[allow(dead_code, unreachable_pub)]
mod pages_mocks {
    include!(concat!(env!("OUT_DIR"), "/pages_mocks.rs"));
}

#[cfg(test)]
mod pages_round_trip {
    include!(concat!(env!("OUT_DIR"), "/pages_round_trip.rs"));
}

#[cfg(test)]
mod newer;

#[cfg(test)]
mod sent;

#[cfg(test)]
mod tests;
