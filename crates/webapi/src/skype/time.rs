//! Times as this dialect writes them; in our own types they are milliseconds since 1970 in UTC.

use ::time::OffsetDateTime;

/// Of events and invitations: `2024-05-01T10:00:00Z`. SkPy cannot read an invitation's time that has a fraction.
#[must_use]
pub fn seconds(ms: i64) -> String {
    let at = moment(ms);
    format!("{}T{}Z", date(at), clock(at))
}

/// Of messages: `2024-05-01T10:00:00.123Z`. SkPy takes a message without a fraction to have come now.
#[must_use]
pub fn millis(ms: i64) -> String {
    let at = moment(ms);
    format!("{}T{}.{:03}Z", date(at), clock(at), at.millisecond())
}

/// Of requests in the old way: `2024-05-01 10:00:00.000000`, to the second.
#[must_use]
pub fn micros(ms: i64) -> String {
    let at = moment(ms);
    format!("{} {}.000000", date(at), clock(at))
}

/// The time of day, as old quotes show it: `10:00:00`.
#[must_use]
pub fn of_day(ms: i64) -> String {
    clock(moment(ms))
}

/// A day, as birthdays are written: `1990-01-31`.
#[must_use]
pub fn day(ms: i64) -> String {
    date(moment(ms))
}

fn date(at: OffsetDateTime) -> String {
    format!(
        "{:04}-{:02}-{:02}",
        at.year(),
        u8::from(at.month()),
        at.day()
    )
}

fn clock(at: OffsetDateTime) -> String {
    format!("{:02}:{:02}:{:02}", at.hour(), at.minute(), at.second())
}

/// What lies before 1970 or after the year 9999 is shown as the nearest of these.
fn moment(ms: i64) -> OffsetDateTime {
    const LAST: i64 = 253_402_300_799_999;
    let nanos = i128::from(ms.clamp(0, LAST)) * 1_000_000;
    OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_formats() {
        assert_eq!(seconds(1_714_557_600_123), "2024-05-01T10:00:00Z");
        assert_eq!(millis(1_714_557_600_123), "2024-05-01T10:00:00.123Z");
        assert_eq!(millis(1_714_557_600_003), "2024-05-01T10:00:00.003Z");
        assert_eq!(micros(1_714_557_600_123), "2024-05-01 10:00:00.000000");
        assert_eq!(of_day(1_714_557_600_123), "10:00:00");
        assert_eq!(day(633_744_000_000), "1990-01-31");
        assert_eq!(millis(i64::MIN), "1970-01-01T00:00:00.000Z");
        assert_eq!(seconds(i64::MAX), "9999-12-31T23:59:59Z");
    }
}
