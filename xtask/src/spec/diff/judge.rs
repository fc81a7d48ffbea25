//! Which changes break those who use the generated Rust client.
//!
//! The structs of bodies have only public fields and are not `non_exhaustive`: so a new field breaks
//! every struct literal, also where there is a builder. Those of answers are, where no body holds them,
//! too; and where one does, it is a change of that body as well. A parameter is given by a method of a
//! builder.

use super::facts::Facts;
use super::place::{Part, Place};

/// Why a change breaks users, or why it does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    Breaking(&'static str),
    Harmless(&'static str),
}

use Verdict::{Breaking, Harmless};

pub(super) fn added(place: &Place, facts: &Facts) -> Verdict {
    let required = facts.is("required");
    match &place.part {
        Part::Header(..) => Harmless("headers have no types"),
        Part::Call => Harmless("a new method"),
        Part::Parameter(_) | Part::Body(_) if place.is_root() => {
            if required {
                Breaking("calls without it fail")
            } else {
                Harmless("calls do without it")
            }
        }
        Part::Answer(status, _) if place.is_root() => {
            if status.starts_with('2') {
                Breaking("was an error until now")
            } else {
                Harmless("a new variant of its errors")
            }
        }
        Part::Body(_) if place.is_field() && required => Breaking("bodies without it fail"),
        Part::Answer(..) if place.is_field() && required => {
            Breaking("answers without it are not decoded")
        }
        Part::Answer(..) if place.is_field() && !place.is_in_variant() => {
            Harmless("structs of answers are non_exhaustive")
        }
        _ if place.is_field() => Breaking("struct literals lack it"),
        _ => Breaking("another Rust type"),
    }
}

pub(super) fn removed(place: &Place) -> Verdict {
    match &place.part {
        Part::Header(..) => Harmless("headers have no types"),
        Part::Call => Breaking("its method goes"),
        Part::Parameter(_) | Part::Body(_) if place.is_root() => Breaking("its setter goes"),
        Part::Answer(status, _) if place.is_root() => {
            if status.starts_with('2') {
                Breaking("becomes an error")
            } else {
                Breaking("its variant goes")
            }
        }
        _ if place.is_field() => Breaking("its Rust field goes"),
        _ => Breaking("another Rust type"),
    }
}

pub(super) fn changed(place: &Place, fact: &str, old: &Facts, new: &Facts) -> Verdict {
    if matches!(place.part, Part::Header(..)) {
        return Harmless("headers have no types");
    }
    let is_answer = matches!(place.part, Part::Answer(..));
    match fact {
        "required" => required(place, old, new),
        "nullable" if place.is_field() && is_option(old) == is_option(new) => {
            Harmless("the Rust field stays as it is")
        }
        "nullable" if place.is_field() => option(new),
        "x-retry" if risk(new) < risk(old) => Harmless("safer to repeat"),
        "x-retry" => Breaking("less safe to repeat"),
        "security" => Breaking("other credentials"),
        "method" | "path" => Breaking("another request"),
        "x-browser" if new.is("x-browser") => Breaking("its method goes"),
        "x-browser" => Harmless("a new method"),
        "media type" => media_type(place, old, new),
        "deprecated" => Harmless("works as before"),
        "minItems" | "maxItems" | "minProperties" | "maxProperties" | "multipleOf" | "pattern" => {
            Harmless("the client does not check it")
        }
        "enum" | "minimum" | "maximum" | "minLength" | "maxLength" if is_answer => {
            Harmless("the client does not check it")
        }
        "style" | "explode" | "allowReserved" => Breaking("another request"),
        _ => Breaking("another Rust type"),
    }
}

fn required(place: &Place, old: &Facts, new: &Facts) -> Verdict {
    let sent = matches!(place.part, Part::Body(_) | Part::Parameter(_));
    match new.is("required") {
        true if sent => Breaking("calls without it fail"),
        false if sent && place.is_root() => Harmless("calls may do without it"),
        _ if is_option(old) == is_option(new) => Harmless("the Rust field stays as it is"),
        _ => option(new),
    }
}

/// Whether a struct's field is an `Option`.
fn is_option(facts: &Facts) -> bool {
    facts.is("nullable") || !(facts.is("required") || facts.collection)
}

fn option(new: &Facts) -> Verdict {
    if is_option(new) {
        Breaking("the Rust field becomes an Option")
    } else {
        Breaking("the Rust field is an Option no more")
    }
}

fn media_type(place: &Place, old: &Facts, new: &Facts) -> Verdict {
    let answer = matches!(place.part, Part::Answer(..));
    if new.get("media type") == "none" {
        Breaking("its body goes")
    } else if old.get("media type") == "none" && answer {
        Breaking("it has a body now")
    } else {
        Breaking("other bytes")
    }
}

/// How bad it is to send an operation twice.
fn risk(facts: &Facts) -> usize {
    const ORDER: [&str; 4] = ["safe", "idempotent", "repeatable", "never"];
    let class = facts.get("x-retry");
    ORDER
        .iter()
        .position(|known| *known == class)
        .unwrap_or(ORDER.len())
}
