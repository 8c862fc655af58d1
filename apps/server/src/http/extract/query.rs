use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use garde::Validate;
use serde::{
    Deserializer,
    de::{
        DeserializeOwned, Error as _, IntoDeserializer, Visitor,
        value::{Error, MapDeserializer, StringDeserializer},
    },
    forward_to_deserialize_any,
};

use super::json::blame;
use crate::http::problem::{Problem, ProblemCode};

/// The query, strictly: percent-encoded UTF-8, each parameter of `T` at most once and no other,
/// numbers in digits only.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned + Validate<Context = ()>> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(parse(request.query_string()).map(Self))
    }
}

fn parse<T: DeserializeOwned + Validate<Context = ()>>(query: &str) -> Result<T, Problem> {
    let pairs = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decode(name)?, Part(decode(value)?)))
        })
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| Problem::new(ProblemCode::RequestMalformedQuery))?;
    let pairs = MapDeserializer::<_, Error>::new(pairs.into_iter());
    let value: T = serde_path_to_error::deserialize(pairs)
        .map_err(|error| blame(&error.path().to_string(), &error.inner().to_string()))?;
    value.validate()?;
    Ok(value)
}

/// Decodes `+` and `%XX`; `None` for anything that is not UTF-8 so encoded.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => hex(rest.next()?)? << 4 | hex(rest.next()?)?,
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// The value of one parameter.
struct Part(String);

impl IntoDeserializer<'_> for Part {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Part {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_string(self.0)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let digits = !self.0.is_empty() && self.0.bytes().all(|byte| byte.is_ascii_digit());
        match self.0.parse() {
            Ok(number) if digits => visitor.visit_u64(number),
            _ => Err(Error::custom(format_args!("must be {}", Expected(&visitor)))),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let text: StringDeserializer<Error> = self.0.into_deserializer();
        text.deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// Shows what a visitor expects.
struct Expected<'a, V>(&'a V);

impl<'de, V: Visitor<'de>> std::fmt::Display for Expected<'_, V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.expecting(f)
    }
}

#[cfg(test)]
mod tests {
    use kabar_wire::{ListNotifications, OnlyUnread, ReadMessages, SearchUsers};

    use super::*;

    #[test]
    fn a_query_is_read_as_it_was_meant() {
        let read: ReadMessages = parse("before=17&limit=20").unwrap();
        assert_eq!(read.before.map(|seq| seq.get()), Some(17));
        assert_eq!(read.limit.map(|limit| limit.get()), Some(20));
        assert_eq!(parse::<ReadMessages>("").unwrap(), ReadMessages::default());
        let search: SearchUsers = parse("query=a%79%2Bu+%C3%A9").unwrap();
        assert_eq!(search.query, "ay+u é");
        let inbox: ListNotifications = parse("only=unread").unwrap();
        assert_eq!(inbox.only, Some(OnlyUnread::Unread));
        let refused = parse::<ListNotifications>("only=read").unwrap_err().to_wire();
        assert_eq!(refused.errors[0].field, "only");
    }

    #[test]
    fn everything_else_is_refused_by_name() {
        for (query, field) in [
            ("limit=0", "limit"),
            ("limit=-1", "limit"),
            ("limit=101", "limit"),
            ("limit=1000000000", "limit"),
            ("limit=+5", "limit"),
            ("limit=%2B5", "limit"),
            ("limit=", "limit"),
            ("limit", "limit"),
            ("limit=5&limit=5", "limit"),
            ("before=-1", "before"),
            ("before=NaN", "before"),
            ("before=1e3", "before"),
            ("before=9223372036854775808", "before"),
            ("before=99999999999999999999999", "before"),
            ("page=2", "page"),
        ] {
            let problem = parse::<ReadMessages>(query).unwrap_err().to_wire();
            assert_eq!(problem.code, "request.invalid", "{query}");
            assert_eq!(problem.errors[0].field, field, "{query}");
        }
        for malformed in ["limit=%", "limit=%f", "limit=%zz", "query=%ff", "%c0%80=1"] {
            let problem = parse::<ReadMessages>(malformed).unwrap_err().to_wire();
            assert_eq!(problem.code, "request.malformed_query", "{malformed}");
        }
    }
}
