//! JSON as messages are read from it and written to it.
//!
//! Derived deserialisation of tagged enums takes over a hundred kilobytes of code in the page. Here a text becomes a [`Value`], the
//! same code for all types, and each type picks its [`Fields`] from that.

mod parse;

use serde::Serialize;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// What a peer or server sent, before it is known what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Flag(bool),
    /// A whole number, 0 or more.
    Natural(u64),
    /// A whole number below 0.
    Negative(i64),
    /// A number that no field here can be: with a fraction or an exponent, or too large.
    OtherNumber,
    /// A string.
    Text(String),
    /// An array.
    List(Vec<Self>),
    /// An object.
    Object(Fields),
}

/// The fields of an object that were not taken yet, in any order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(Vec<(String, Value)>);

/// What can be read from JSON.
pub trait FromValue: Sized {
    /// The value that the JSON stands for, if it does.
    fn from_value(value: Value) -> Option<Self>;

    /// The value that a field which is not there stands for, if that is allowed.
    fn absent() -> Option<Self> {
        None
    }
}

/// Reads a message from its text. Shape is checked, down to the last field; sense is for others to check.
pub fn decode<T: FromValue>(text: &str) -> Option<T> {
    parse::parse(text).and_then(T::from_value)
}

/// Writes a message's text.
///
/// # Panics
/// When it holds a map whose keys are not strings: no message does.
pub fn encode(message: &impl Serialize) -> String {
    // Not `expect`, which would bring the words for everything that can be wrong with JSON into the page.
    let Ok(text) = serde_json::to_string(message) else { unreachable!("messages have string keys only") };
    text
}

impl Fields {
    /// Takes a field out. None when it is wrong, there twice, or neither there nor optional.
    pub fn take<T: FromValue>(&mut self, name: &str) -> Option<T> {
        match self.remove(name)? {
            Some(value) => T::from_value(value),
            None => T::absent(),
        }
    }

    /// Whether every field was taken.
    pub fn are_taken(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of the field of this name if there is one; `None` when there are several.
    fn remove(&mut self, name: &str) -> Option<Option<Value>> {
        let mut found = (0..self.0.len()).filter(|index| self.0[*index].0 == name);
        match (found.next(), found.next()) {
            (Some(index), None) => Some(Some(self.0.swap_remove(index).1)),
            (None, _) => Some(None),
            (Some(_), Some(_)) => None,
        }
    }
}

impl FromValue for Fields {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Object(fields) => Some(fields),
            _ => None,
        }
    }
}

impl FromValue for String {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl FromValue for bool {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Flag(flag) => Some(flag),
            _ => None,
        }
    }
}

impl FromValue for u64 {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Natural(number) => Some(number),
            _ => None,
        }
    }
}

impl FromValue for u32 {
    fn from_value(value: Value) -> Option<Self> {
        u64::from_value(value)?.try_into().ok()
    }
}

impl FromValue for u16 {
    fn from_value(value: Value) -> Option<Self> {
        u64::from_value(value)?.try_into().ok()
    }
}

impl FromValue for i64 {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Negative(number) => Some(number),
            value => u64::from_value(value)?.try_into().ok(),
        }
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::from_value(value).map(Some),
        }
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl<T: FromValue> FromValue for Vec<T> {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::List(values) => values.into_iter().map(T::from_value).collect(),
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Flag(flag))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Natural(number))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(u64::try_from(number).map_or(Value::Negative(number), Value::Natural))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Value, E> {
        Ok(Value::OtherNumber)
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element()? {
            values.push(value);
        }
        Ok(Value::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = object.next_entry()? {
            fields.push(field);
        }
        Ok(Value::Object(Fields(fields)))
    }
}

/// Types that are read from JSON can be read by whatever reads with serde, too.
macro_rules! deserialize_from_value {
    ($($name:ty),+ $(,)?) => {$(
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let value = <$crate::json::Value as serde::Deserialize>::deserialize(deserializer)?;
                let wrong = || serde::de::Error::custom(concat!("not a valid ", stringify!($name)));
                $crate::json::FromValue::from_value(value).ok_or_else(wrong)
            }
        }
    )+};
}

/// Fieldless enums with an `ALL` and an `as_str`: the names are all they are on the wire.
macro_rules! named_on_the_wire {
    ($($name:ty),+ $(,)?) => {$(
        impl $crate::json::FromValue for $name {
            fn from_value(value: $crate::json::Value) -> Option<Self> {
                let name = String::from_value(value)?;
                Self::ALL.iter().copied().find(|one| one.as_str() == name)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        $crate::json::deserialize_from_value!($name);

        #[cfg(feature = "schema")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                let names = Self::ALL.iter().map(|one| one.as_str());
                utoipa::openapi::ObjectBuilder::new().schema_type(utoipa::openapi::Type::String).enum_values(Some(names)).into()
            }
        }

        #[cfg(feature = "schema")]
        impl utoipa::ToSchema for $name {}
    )+};
}

/// `Type { field, other }` with every field taken from `fields`.
macro_rules! take {
    ($fields:ident, $($name:ident)::+ { $($field:ident),+ $(,)? }) => {
        $($name)::+ { $($field: $fields.take(stringify!($field))?),+ }
    };
}

pub(crate) use {deserialize_from_value, named_on_the_wire, take};
