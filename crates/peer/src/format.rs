//! Numbers in words: sizes, speeds and times, in widths that do not jump.

const UNITS: [&str; 6] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/// A size in binary units, three significant digits: `0 B`, `1.50 KiB`, `312 MiB`.
pub fn bytes(count: u64) -> String {
    if count < 1000 {
        return format!("{count} B");
    }
    // 999.5 and more would round to four digits: the next unit is shorter.
    let mut unit = 1;
    while unit + 1 < UNITS.len() && hundredths(count, unit) >= 99_950 {
        unit += 1;
    }
    let (value, name) = (hundredths(count, unit), UNITS[unit]);
    match value {
        0..1_000 => format!("{}.{:02} {name}", value / 100, value % 100),
        1_000..9_995 => format!("{}.{} {name}", (value + 5) / 100, (value + 5) / 10 % 10),
        _ => format!("{} {name}", (value + 50) / 100),
    }
}

/// A size in hundredths of a unit, rounded: whole numbers, as formatting floating-point ones takes 10 kB of program.
const fn hundredths(count: u64, unit: usize) -> u64 {
    let size = 1_u128 << (10 * unit);
    ((count as u128 * 100 + size / 2) / size) as u64
}

/// A speed: `8.40 MiB/s`.
pub fn speed(bytes_per_second: f64) -> String {
    let whole = if bytes_per_second.is_finite() { bytes_per_second.max(0.0) } else { 0.0 };
    format!("{}/s", bytes(whole as u64))
}

/// The time left, in words: `about 2 min left`.
pub fn time_left(seconds: f64) -> String {
    if !seconds.is_finite() || seconds >= 172_800.0 {
        return "more than two days left".to_owned();
    }
    let seconds = seconds.max(0.0);
    match seconds {
        s if s < 5.0 => "a few seconds left".to_owned(),
        s if s < 55.0 => format!("about {} s left", (s / 5.0).ceil() as u64 * 5),
        s if s < 3570.0 => format!("about {} min left", (s / 60.0).round().max(1.0) as u64),
        s => {
            let minutes = (s / 600.0).round() as u64 * 10;
            match minutes % 60 {
                0 => format!("about {} h left", minutes / 60),
                rest => format!("about {} h {rest} min left", minutes / 60),
            }
        }
    }
}

/// How long something took: `42 s`, `3 min 20 s`, `1 h 5 min`.
pub fn duration(milliseconds: u64) -> String {
    if milliseconds < 1000 {
        return "less than a second".to_owned();
    }
    let seconds = milliseconds / 1000;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

/// `1 file`, `3 files`, `12 400 files`.
pub fn files(count: usize) -> String {
    if count == 1 { "1 file".to_owned() } else { format!("{} files", grouped(count)) }
}

/// A whole number with its thousands apart (by a narrow no-break space).
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 * 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// A percentage for people, never 100 before the end: `42 %`.
pub fn percent(percent: f64) -> String {
    format!("{} %", percent.clamp(0.0, 100.0).floor() as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_three_digits() {
        let expected = [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "0.98 KiB"),
            (1536, "1.50 KiB"),
            (10 * 1024, "10.0 KiB"),
            (100 * 1024, "100 KiB"),
            (1023 * 1024, "1.00 MiB"),
            (327_155_712, "312 MiB"),
            (10 << 30, "10.0 GiB"),
            (u64::MAX, "16384 PiB"),
        ];
        for (count, text) in expected {
            assert_eq!(bytes(count), text, "{count}");
        }
    }

    #[test]
    fn a_size_never_changes_width_by_more_than_a_digit() {
        for shift in 10..50 {
            for count in [(1_u64 << shift) - 1, 1 << shift, (1 << shift) + 1, 999 << shift, 1000 << shift] {
                let text = bytes(count);
                let number = text.split(' ').next().expect("a number and a unit");
                assert!((3..=4).contains(&number.len()), "{count}: {text}");
            }
        }
    }

    #[test]
    fn speeds_survive_nonsense() {
        assert_eq!(speed(8.4 * 1024.0 * 1024.0), "8.40 MiB/s");
        assert_eq!(speed(f64::NAN), "0 B/s");
        assert_eq!(speed(-5.0), "0 B/s");
    }

    #[test]
    fn time_left_is_said_in_words() {
        let expected = [
            (-1.0, "a few seconds left"),
            (4.0, "a few seconds left"),
            (31.0, "about 35 s left"),
            (58.0, "about 1 min left"),
            (125.0, "about 2 min left"),
            (3599.0, "about 1 h left"),
            (4800.0, "about 1 h 20 min left"),
            (f64::INFINITY, "more than two days left"),
        ];
        for (seconds, text) in expected {
            assert_eq!(time_left(seconds), text, "{seconds}");
        }
    }

    #[test]
    fn durations_counts_and_percentages() {
        assert_eq!(duration(400), "less than a second");
        assert_eq!(duration(42_900), "42 s");
        assert_eq!(duration(200_000), "3 min 20 s");
        assert_eq!(duration(3_900_000), "1 h 5 min");
        assert_eq!(files(1), "1 file");
        assert_eq!(files(0), "0 files");
        assert_eq!(grouped(100_000), "100\u{202f}000");
        assert_eq!(grouped(999), "999");
        assert_eq!(percent(99.9), "99 %");
        assert_eq!(percent(100.0), "100 %");
    }
}
