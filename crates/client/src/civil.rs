//! Days of the calendar, counted from the first of January 1970.

/// So many days every 400 years have.
const ERA: i64 = 146_097;
/// From the first of March of the year 0 to the first of January 1970.
const EPOCH: i64 = 719_468;

/// The number of a day. The month is one from 1 to 12.
pub(crate) fn number(year: i64, month: i64, day: i64) -> i64 {
    // A year that begins in March has its leap day at its end.
    let year = if month < 3 { year - 1 } else { year };
    let (era, year) = (year.div_euclid(400), year.rem_euclid(400));
    let day = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * ERA + year * 365 + year / 4 - year / 100 + day - EPOCH
}

/// Year, month and day of a number.
pub(crate) fn date(number: i64) -> (i64, i64, i64) {
    let number = number + EPOCH;
    let (era, day) = (number.div_euclid(ERA), number.rem_euclid(ERA));
    let year = (day - day / 1460 + day / 36_524 - day / (ERA - 1)) / 365;
    let day = day - (year * 365 + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    (era * 400 + year + next, month, day)
}

/// How many days a month has.
pub(crate) fn length(year: i64, month: i64) -> i64 {
    let (next_year, next) = if month == 12 {
        (year + 1, 1)
    } else {
        (year, month + 1)
    };
    number(next_year, next, 1) - number(year, month, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_day_has_its_number() {
        for (number_, date_) in [
            (0, (1970, 1, 1)),
            (-1, (1969, 12, 31)),
            (-719_528, (0, 1, 1)),
            (-719_162, (1, 1, 1)),
            (11_016, (2000, 2, 29)),
            (2_932_896, (9999, 12, 31)),
        ] {
            assert_eq!(date(number_), date_);
        }
        let mut before = (0, 1, 0);
        for day in -719_528..2_932_897 {
            let (year, month, of_month) = date(day);
            assert_eq!(number(year, month, of_month), day);
            let is_next = (year, month, of_month) == (before.0, before.1, before.2 + 1);
            let is_first = of_month == 1 && before.2 == length(before.0, before.1);
            assert!(is_next || is_first, "{before:?}");
            before = (year, month, of_month);
        }
    }
}
