//! From text to [`Value`]s, as RFC 8259 says.
//!
//! `serde_json` reads the same (the tests compare the two), but takes five kilobytes more of the compressed page.

use super::{Fields, Value};

/// Arrays and objects in one another, at most.
const DEPTH: u8 = 127;

/// The value that the whole text stands for.
pub(super) fn parse(text: &str) -> Option<Value> {
    let mut parser = Parser { rest: text.as_bytes() };
    let value = parser.value(DEPTH)?;
    parser.skip_space();
    parser.rest.is_empty().then_some(value)
}

struct Parser<'a> {
    rest: &'a [u8],
}

impl Parser<'_> {
    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    /// Moves past `word` if it comes next.
    fn skip(&mut self, word: &[u8]) -> bool {
        let rest = self.rest.strip_prefix(word);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn skip_space(&mut self) {
        while let [b' ' | b'\t' | b'\n' | b'\r', rest @ ..] = self.rest {
            self.rest = rest;
        }
    }

    /// Moves past a punctuation mark, and space before it, if it comes next.
    fn skip_mark(&mut self, mark: u8) -> bool {
        self.skip_space();
        self.skip(&[mark])
    }

    fn value(&mut self, depth: u8) -> Option<Value> {
        self.skip_space();
        match self.rest.first()? {
            b'n' => self.skip(b"null").then_some(Value::Null),
            b't' => self.skip(b"true").then_some(Value::Flag(true)),
            b'f' => self.skip(b"false").then_some(Value::Flag(false)),
            b'"' => self.text().map(Value::Text),
            b'[' => self.items(depth, b']', Self::value).map(Value::List),
            b'{' => self.items(depth, b'}', Self::field).map(|fields| Value::Object(Fields(fields))),
            _ => self.number(),
        }
    }

    fn field(&mut self, depth: u8) -> Option<(String, Value)> {
        self.skip_space();
        let name = self.text()?;
        if self.skip_mark(b':') { Some((name, self.value(depth)?)) } else { None }
    }

    /// What an opening bracket begins, up to its closing one.
    fn items<T>(&mut self, depth: u8, end: u8, item: fn(&mut Self, u8) -> Option<T>) -> Option<Vec<T>> {
        let depth = depth.checked_sub(1)?;
        self.next()?;
        let mut items = Vec::new();
        if self.skip_mark(end) {
            return Some(items);
        }
        loop {
            items.push(item(self, depth)?);
            if self.skip_mark(end) {
                return Some(items);
            }
            if !self.skip_mark(b',') {
                return None;
            }
        }
    }

    fn number(&mut self) -> Option<Value> {
        let is_negative = self.skip(b"-");
        let number = if self.skip(b"0") { Some(0) } else { self.digits()? };
        let has_fraction = self.skip(b".");
        if has_fraction {
            self.digits()?;
        }
        let has_exponent = self.skip(b"e") || self.skip(b"E");
        if has_exponent {
            let _sign = self.skip(b"-") || self.skip(b"+");
            self.digits()?;
        }
        let whole = number.filter(|_| !has_fraction && !has_exponent);
        let value = match (is_negative, whole) {
            (false, Some(number)) => Some(Value::Natural(number)),
            (true, Some(1..)) => whole.and_then(|number| 0_i64.checked_sub_unsigned(number)).map(Value::Negative),
            _ => None,
        };
        Some(value.unwrap_or(Value::OtherNumber))
    }

    /// One digit or more; their number unless it is too large.
    fn digits(&mut self) -> Option<Option<u64>> {
        let digits = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (digits, rest) = self.rest.split_at(digits);
        self.rest = rest;
        let append = |number: u64, digit: &u8| number.checked_mul(10)?.checked_add(u64::from(digit - b'0'));
        if digits.is_empty() { None } else { Some(digits.iter().try_fold(0, append)) }
    }

    fn text(&mut self) -> Option<String> {
        let mut bytes = Vec::new();
        if self.next()? != b'"' {
            return None;
        }
        loop {
            match self.next()? {
                b'"' => return String::from_utf8(bytes).ok(),
                b'\\' => bytes.extend_from_slice(self.escaped()?.encode_utf8(&mut [0; 4]).as_bytes()),
                0..0x20 => return None,
                byte => bytes.push(byte),
            }
        }
    }

    /// The character that is written after a backslash.
    fn escaped(&mut self) -> Option<char> {
        match self.next()? {
            mark @ (b'"' | b'\\' | b'/') => Some(mark.into()),
            b'b' => Some('\u{8}'),
            b'f' => Some('\u{c}'),
            b'n' => Some('\n'),
            b'r' => Some('\r'),
            b't' => Some('\t'),
            b'u' => self.utf16(),
            _ => None,
        }
    }

    /// A character by its number in UTF-16, in two halves when it is large.
    fn utf16(&mut self) -> Option<char> {
        let unit = self.utf16_unit()?;
        let high = unit.wrapping_sub(0xd800);
        if high >= 0x400 {
            return char::from_u32(unit);
        }
        let low = if self.skip(b"\\u") { self.utf16_unit()?.checked_sub(0xdc00)? } else { return None };
        if low < 0x400 { char::from_u32(0x10000 + (high << 10 | low)) } else { None }
    }

    fn utf16_unit(&mut self) -> Option<u32> {
        (0..4).try_fold(0, |unit, _| Some(unit << 4 | char::from(self.next()?).to_digit(16)?))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What `serde_json` makes of the text. Numbers too large for it are numbers none the less.
    fn by_serde_json(text: &str) -> Option<Value> {
        serde_json::from_str(text).ok()
    }

    fn agrees(text: &str) {
        assert_eq!(parse(text), by_serde_json(text), "{text:?}");
    }

    #[test]
    fn the_corners_of_the_grammar() {
        for text in [
            "",
            " ",
            "null",
            " true\t",
            "\r\nfalse\n",
            "nul",
            "nulll",
            "null null",
            "True",
            "\u{a0}null",
            "[",
            "]",
            "[]",
            "[ ]",
            "[,]",
            "[1,]",
            "[1 2]",
            "[1 , 2 ]",
            "{}",
            "{ }",
            "{,}",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\" : 1 }",
            "{\"a\":1,}",
            "{a:1}",
            "{1:1}",
            "{\"a\":1,\"a\":2}",
            "[}",
            "{]",
            "0",
            "-0",
            "00",
            "01",
            "-",
            "-1",
            "+1",
            "1.",
            ".1",
            "1.0",
            "-1.5e3",
            "1e5",
            "1E+5",
            "1e-5",
            "1e",
            "1e+",
            "0e0",
            "0x1",
            "18446744073709551615",
            "18446744073709551616",
            "-9223372036854775808",
            "-9223372036854775809",
            "NaN",
            "\"",
            "\"a",
            "\"a\"",
            "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
            "\"\\x\"",
            "\"\\u00e9\\u00E9\"",
            "\"\\u00g0\"",
            "\"\\u00\"",
            "\"\\ud83c\\udf0a\"",
            "\"\\ud83c\"",
            "\"\\ud83cx\"",
            "\"\\ud83c\\n\"",
            "\"\\udf0a\"",
            "\"\\ud83c\\ud83c\"",
            "\"\\ud83c\\ue000\"",
            "\"\\udbff\\udfff\"",
            "\"\\ud7ff\\ue000\"",
            "\"\\u0000\"",
            "\"\n\"",
            "\"\u{7f}\"",
            "\"é🌊\"",
            "'a'",
        ] {
            agrees(text);
        }
    }

    #[test]
    fn nesting_has_an_end() {
        for depth in [1, 126, 127, 128, 129, 40_000] {
            agrees(&["[".repeat(depth), "]".repeat(depth)].concat());
            agrees(&["{\"a\":".repeat(depth), "1".to_owned(), "}".repeat(depth)].concat());
        }
    }

    #[test]
    fn numbers_of_any_size_are_numbers() {
        for text in ["1e999", "-1e999", &"9".repeat(400)] {
            assert_eq!(parse(text), Some(Value::OtherNumber), "{text}");
        }
    }

    const PIECES: &[&str] = &[
        "{", "}", "[", "]", ",", ":", "\"", "\"a\"", "\\", "\\u", "d83c", "\\udf0a", "-", "0", "12", ".", "e", "true", "null",
        " ", "é",
    ];

    /// Pieces of JSON, put together without much sense.
    fn nearly_json() -> impl Strategy<Value = String> {
        prop::collection::vec(prop::sample::select(PIECES), 0..12).prop_map(|pieces| pieces.concat())
    }

    /// Sensible JSON.
    fn json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<u64>().prop_map(Into::into),
            any::<f64>().prop_map(Into::into),
            any::<String>().prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
                prop::collection::btree_map(any::<String>(), inner, 0..4).prop_map(|fields| fields.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn reads_as_serde_json_does(text in prop_oneof![any::<String>(), nearly_json()]) {
            agrees(&text);
        }

        #[test]
        fn reads_what_serde_json_writes(json in json()) {
            agrees(&json.to_string());
            agrees(&format!("{json:#}"));
        }
    }
}
