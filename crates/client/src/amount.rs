//! Amounts, as OhMyGPT writes them.

use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A decimal number, kept as it was written: it is not rounded, and `8217.00` keeps its zeros.
///
/// For arithmetic, parse [`as_str`](Self::as_str) with the decimal crate of your choice; none of
/// them is part of this API. Amounts compare as text: `1.0` and `1.00` are two.
///
/// ```
/// use tokenturn_client::Amount;
///
/// let balance: Amount = "8217.00".parse()?;
/// assert_eq!(balance.to_string(), "8217.00");
/// assert_eq!(Amount::from(3_500_000).as_str(), "3500000");
/// # Ok::<(), tokenturn_client::InvalidAmount>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Amount(String);

/// The text is not a decimal number.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("not a decimal number; it looks like 8217.00")]
pub struct InvalidAmount;

impl Amount {
    /// The number as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<u64> for Amount {
    fn from(number: u64) -> Self {
        Self(number.to_string())
    }
}

impl FromStr for Amount {
    type Err = InvalidAmount;

    fn from_str(text: &str) -> Result<Self, InvalidAmount> {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let is_decimal = match unsigned.split_once('.') {
            Some((whole, fraction)) => digits(whole) && digits(fraction),
            None => digits(unsigned),
        };
        is_decimal
            .then(|| Self(text.to_owned()))
            .ok_or(InvalidAmount)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_number_as_it_is() {
        for text in [
            "0",
            "0.00",
            "-1.50",
            "8217.00",
            "340282366920938463463374607431768211456.1",
        ] {
            assert_eq!(text.parse::<Amount>().unwrap().as_str(), text);
        }
        for text in [
            "", ".", "1.", ".5", "+1", "1e3", "1,5", "--1", "NaN", " 1", "1.2.3",
        ] {
            assert!(text.parse::<Amount>().is_err(), "{text}");
        }
    }
}
