//! Dates in playlists (ISO 8601), read without a calendar library: it would be the only thing the core needs one for.

use std::time::{Duration, SystemTime};

/// The moment that `text` names, such as `2026-11-26T10:00:00.123Z` or `...+01:00` (RFC 8216 §4.3.2.6); without a zone it
/// is taken for UTC. `None` if it is no date.
pub fn wall_clock(text: &str) -> Option<SystemTime> {
    let text = text.trim();
    if !text.is_ascii() {
        return None;
    }
    let (date, time) = text.split_once(['T', 't', ' '])?;
    let mut parts = date.splitn(3, '-').map(number);
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let (time, zone) = match time.find(['Z', 'z', '+', '-']) {
        Some(at) => (&time[..at], zone(&time[at..])?),
        None => (time, 0),
    };
    let mut parts = time.splitn(3, ':');
    let (hours, minutes) = (number(parts.next()?)?, number(parts.next()?)?);
    let seconds = parts.next().unwrap_or("0");
    let (seconds, fraction) = seconds.split_once(['.', ',']).unwrap_or((seconds, ""));
    let seconds = number(seconds)?;
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let in_range = (1..=12).contains(&month) && (1..=days_of(year, month)).contains(&day);
    if !in_range || hours > 24 || minutes > 59 || seconds > 60 || year > 9_999 {
        return None;
    }
    // Nine digits are nanoseconds; what follows is less than one.
    let nanos: u64 = format!("{fraction:0<9.9}").parse().ok()?;
    let since = (days(year, month, day) * 24 + hours) * 3_600 + minutes * 60 + seconds - zone;
    let whole = Duration::from_secs(since.unsigned_abs());
    let begin = if since < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(whole)?
    } else {
        SystemTime::UNIX_EPOCH.checked_add(whole)?
    };
    begin.checked_add(Duration::from_nanos(nanos))
}

/// Digits only, at most four: more are no part of a date.
fn number(text: &str) -> Option<i64> {
    (matches!(text.len(), 1..=4) && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

/// Seconds east of Greenwich.
fn zone(text: &str) -> Option<i64> {
    let (sign, rest) = match text.split_at_checked(1)? {
        ("Z" | "z", "") => return Some(0),
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = match rest.split_once(':') {
        Some((hours, minutes)) => (hours, minutes),
        None if rest.len() == 4 => rest.split_at(2),
        None => (rest, "0"),
    };
    Some(sign * (number(hours).filter(|&hours| hours < 24)? * 60 + number(minutes).filter(|&part| part < 60)?) * 60)
}

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days since 1970-01-01, in the calendar that ISO 8601 counts by, also for years before it. Years begin in March here, so
/// that the leap day is the last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let century = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    century * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_they_are_written_out_there() {
        let millis =
            |text| wall_clock(text).map(|date| date.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis());
        assert_eq!(millis("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(millis("2010-02-19T14:54:23.031+08:00"), Some(1_266_562_463_031));
        assert_eq!(millis("2010-02-19T14:54:23.031+0800"), Some(1_266_562_463_031));
        assert_eq!(millis("2024-02-29 23:59:60"), Some(1_709_251_200_000));
        for wrong in
            ["", "2010-02-30T00:00:00Z", "2010-02-19", "2010-02-19T14:54:23.0x1Z", "T::", "2010-13-01T00:00Z", "é"]
        {
            assert_eq!(millis(wrong), None, "{wrong}");
        }
        assert!(wall_clock("0001-01-01T00:00:00Z").is_some());
    }
}
