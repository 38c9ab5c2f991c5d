//! One certificate's names and dates.

use std::net::IpAddr;

use jiff::Timestamp;
use x509_cert::Certificate as X509;
use x509_cert::der::Decode as _;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::time::Time;

use crate::domain::estate::Certificate;
use crate::format::{clip, sanitise};

/// The longest name kept, in cells.
const MAX_TEXT: usize = 253;

/// The most names kept; a certificate of a content network has some hundred.
const MOST_NAMES: usize = 100;

/// Reads what people ask about. What cannot be read stays empty: the handshake has its own verdict.
pub(super) fn read(der: &[u8]) -> Certificate {
    let Ok(parsed) = X509::from_der(der) else { return Certificate::default() };
    let tbs = parsed.tbs_certificate;
    let names = tbs.get::<SubjectAltName>().ok().flatten().map(|(_, names)| names.0).unwrap_or_default();
    Certificate {
        subject: clean(&tbs.subject.to_string()),
        issuer: clean(&tbs.issuer.to_string()),
        names: names.iter().filter_map(name).take(MOST_NAMES).collect(),
        not_before: time(tbs.validity.not_before),
        not_after: time(tbs.validity.not_after),
    }
}

fn name(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::DnsName(name) => Some(clean(name.as_str())),
        GeneralName::IpAddress(bytes) => {
            let bytes = bytes.as_bytes();
            let address: IpAddr = match (<[u8; 4]>::try_from(bytes), <[u8; 16]>::try_from(bytes)) {
                (Ok(v4), _) => v4.into(),
                (_, Ok(v6)) => v6.into(),
                _ => return None,
            };
            Some(address.to_string())
        }
        _ => None,
    }
}

fn time(time: Time) -> Option<Timestamp> {
    let since = time.to_unix_duration();
    Timestamp::from_second(i64::try_from(since.as_secs()).ok()?).ok()
}

fn clean(text: &str) -> String {
    clip(&sanitise(text), MAX_TEXT)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_bytes_are_read_or_leave_it_empty(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let read = read(&bytes);
            prop_assert!(!read.subject.chars().any(char::is_control));
        }
    }
}
