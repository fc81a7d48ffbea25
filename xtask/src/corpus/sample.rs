//! Some of the descriptions: the same ones for the same seed, whatever becomes of them.

use super::documents::File;

/// What takes longer to compile is left to the generator alone.
pub(crate) const OPERATIONS: usize = 60;
const BYTES: u64 = 250_000;

/// The files that may be in a sample, in the order of the seed: one of each provider before a second of
/// any.
pub(crate) fn order(files: Vec<File>, seed: u64) -> impl Iterator<Item = File> {
    let mut files: Vec<_> = files
        .into_iter()
        .filter(|file| file.bytes <= BYTES)
        .map(|file| (drawn(seed, file.provider()), drawn(seed, &file.name), file))
        .collect();
    files.sort_by_key(|(provider, name, _)| (*provider, *name));
    let mut before = (None, 0);
    let mut turns: Vec<_> = files
        .into_iter()
        .map(|(provider, _, file)| {
            let turn = match before {
                (Some(last), turn) if last == provider => turn + 1,
                _ => 0,
            };
            before = (Some(provider), turn);
            (turn, file)
        })
        .collect();
    // The sort is stable: within a turn the providers keep their order.
    turns.sort_by_key(|(turn, _)| *turn);
    turns.into_iter().map(|(_, file)| file)
}

/// A number that looks like any other (FNV-1a, and the end of MurmurHash3).
fn drawn(seed: u64, name: &str) -> u64 {
    let bytes = seed.to_le_bytes().into_iter().chain(name.bytes());
    let mixed = bytes.fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    mixed ^ (mixed >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(seed: u64) -> Vec<String> {
        let names = ["a/1", "a/2", "a/3", "b", "c/1", "c/2", "large"];
        let files = names.map(|name| File {
            path: name.into(),
            name: name.into(),
            bytes: if name == "large" { BYTES + 1 } else { 1 },
        });
        order(files.into(), seed).map(|file| file.name).collect()
    }

    #[test]
    fn every_provider_has_its_turn() {
        let sample = sample(1);
        let providers: Vec<_> = sample.iter().map(|name| &name[..1]).collect();
        let mut first = providers[..3].to_vec();
        first.sort();
        assert_eq!(first, ["a", "b", "c"]);
        assert_eq!(providers[5], "a");
        assert_eq!(sample.len(), 6);
    }

    #[test]
    fn the_seed_decides() {
        assert_eq!(sample(1), sample(1));
        assert!((2..9).any(|seed| sample(seed) != sample(1)));
    }
}
