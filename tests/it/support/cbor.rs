//! JSON to CBOR and back, as far as the smithy RPC v2 protocol of CloudWatch needs it: maps, arrays, text, numbers,
//! booleans, nulls, and time stamps (tag 1 in CBOR, a number in JSON).

use minicbor::data::{Tag, Type};
use minicbor::{Decoder, Encoder};
use serde_json::{Map, Value};

/// CBOR's tag of seconds since 1970.
const EPOCH: Tag = Tag::new(1);

/// Members that are time stamps in CloudWatch's model.
const TIMES: [&str; 3] = ["Timestamps", "Timestamp", "StateUpdatedTimestamp"];

/// Members that are doubles, also where JSON wrote `97` for `97.0`.
const DOUBLES: [&str; 2] = ["Values", "Value"];

/// CBOR as JSON; tags are dropped.
pub(crate) fn to_json(bytes: &[u8]) -> Result<Value, minicbor::decode::Error> {
    if bytes.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    value(&mut Decoder::new(bytes))
}

fn value(from: &mut Decoder<'_>) -> Result<Value, minicbor::decode::Error> {
    Ok(match from.datatype()? {
        Type::Bool => from.bool()?.into(),
        Type::Null | Type::Undefined => {
            from.skip()?;
            Value::Null
        }
        Type::U8 | Type::U16 | Type::U32 | Type::U64 => from.u64()?.into(),
        Type::I8 | Type::I16 | Type::I32 | Type::I64 => from.i64()?.into(),
        Type::F16 => f64::from(from.f16()?).into(),
        Type::F32 => f64::from(from.f32()?).into(),
        Type::F64 => from.f64()?.into(),
        Type::String => from.str()?.into(),
        Type::StringIndef => from.str_iter()?.collect::<Result<String, _>>()?.into(),
        Type::Tag => {
            from.tag()?;
            value(from)?
        }
        Type::Array | Type::ArrayIndef => {
            let length = from.array()?;
            let mut items = Vec::new();
            while more(from, length, items.len())? {
                items.push(value(from)?);
            }
            items.into()
        }
        Type::Map | Type::MapIndef => {
            let length = from.map()?;
            let mut members = Map::new();
            while more(from, length, members.len())? {
                let name = from.str()?.to_owned();
                members.insert(name, value(from)?);
            }
            members.into()
        }
        other => return Err(minicbor::decode::Error::message(format!("no JSON for {other}"))),
    })
}

/// Whether a container has another item; eats the break of one without a length.
fn more(from: &mut Decoder<'_>, length: Option<u64>, have: usize) -> Result<bool, minicbor::decode::Error> {
    if let Some(length) = length {
        return Ok((have as u64) < length);
    }
    if from.datatype()? == Type::Break {
        from.skip()?;
        return Ok(false);
    }
    Ok(true)
}

/// JSON as CBOR.
pub(crate) fn from_json(json: &Value) -> Vec<u8> {
    let mut into = Encoder::new(Vec::new());
    write(json, "", &mut into)
        .unwrap_or_else(|never: minicbor::encode::Error<std::convert::Infallible>| panic!("{never}"));
    into.into_writer()
}

type Written = Result<(), minicbor::encode::Error<std::convert::Infallible>>;

/// `member` is the name the value (or the list it is in) stands under: it decides what kind of number it is.
fn write(json: &Value, member: &str, into: &mut Encoder<Vec<u8>>) -> Written {
    match json {
        Value::Null => into.null()?,
        Value::Bool(yes) => into.bool(*yes)?,
        Value::String(text) => into.str(text)?,
        Value::Number(number) => {
            let double = number.as_f64().unwrap_or(f64::NAN);
            match number.as_i64() {
                _ if TIMES.contains(&member) => into.tag(EPOCH)?.f64(double)?,
                Some(whole) if !DOUBLES.contains(&member) => into.i64(whole)?,
                _ => into.f64(double)?,
            }
        }
        Value::Array(items) => {
            into.array(items.len() as u64)?;
            for item in items {
                write(item, member, into)?;
            }
            into
        }
        Value::Object(members) => {
            into.map(members.len() as u64)?;
            for (name, item) in members {
                into.str(name)?;
                write(item, name, into)?;
            }
            into
        }
    };
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_goes_in_comes_out() {
        let json = json!({"a": [1, -2, 1.5, "x", true, null], "b": {"Values": [97.0]}, "Timestamps": [1.0]});
        assert_eq!(to_json(&from_json(&json)).unwrap(), json);
    }

    #[test]
    fn times_are_tagged_and_values_are_doubles() {
        assert_eq!(
            from_json(&json!({"Timestamps": [1]})),
            [&b"\xa1\x6aTimestamps\x81\xc1\xfb"[..], &1f64.to_be_bytes()].concat()
        );
        assert_eq!(from_json(&json!({"Values": [1]})), [&b"\xa1\x66Values\x81\xfb"[..], &1f64.to_be_bytes()].concat());
    }

    #[test]
    fn containers_without_a_length_are_read() {
        let bytes = b"\xbf\x61a\x9f\x01\x02\xff\x61b\xc1\x1a\x69\x21\x00\x00\xff";
        assert_eq!(to_json(bytes).unwrap(), json!({"a": [1, 2], "b": 1_763_770_368_u64}));
    }
}
