//! A certificate: whom it is for, who issued it, how long it is good, and whether it is trusted. Of Grafana's address also
//! whether it is Grafana that answers there.

use std::time::Duration;

use super::tally::Tally;
use super::{Case, reach, who};
use crate::domain::estate::{Certificate, Connection, Distrust, Handshake};
use crate::domain::{Check, CheckState, ErrorClass, SourceKind, SourceState};
use crate::format;
use crate::source::probe::estate::Estate;

/// A certificate that is good for less than this should be on its way to renewal.
const SOON: Duration = Duration::from_hours(21 * 24);

/// One that is good for less than this is urgent.
const URGENT: Duration = Duration::from_hours(3 * 24);

/// Looks at the host asked for, else at Grafana's.
pub async fn judge<E: Estate>(case: &Case<'_, E>, check: &Check, tally: &mut Tally) {
    let port = check.told("port").map(reach::port_in).transpose();
    let told = check.told("host").map(reach::place).transpose();
    let (port, told) = match (port, told) {
        (Ok(port), Ok(told)) => (port, told),
        (Err(why), _) | (_, Err(why)) => {
            tally.unknown(why, check.to_string());
            return;
        }
    };
    if let Some((host, own)) = told {
        look(case, host, port.or(own).unwrap_or(443), tally).await;
        return;
    }
    let Some(address) = case.estate.grafana_address() else {
        tally.unknown("there is no host to look at: the context has no grafana", check.to_string());
        tally.next("name it: --host HOST");
        return;
    };
    let host = &address.host;
    match port {
        Some(port) => look(case, host, port, tally).await,
        None if address.is_tls => look(case, host, address.port, tally).await,
        None => {
            let text = format!("http://{host}:{} is plain HTTP: there is no certificate to look at", address.port);
            tally.pass(text, "the configuration");
        }
    }
    if port.is_none() {
        who_answers(case, tally);
    }
}

/// Whether what listens at Grafana's address is Grafana, by the console's own last look at it.
fn who_answers<E>(case: &Case<'_, E>, tally: &mut Tally) {
    const FROM: &str = "GET /api/health";
    let Some(source) = case.snapshot.source(SourceKind::Grafana) else { return };
    match &source.state {
        SourceState::Failing { error, .. } => {
            match error.class {
                ErrorClass::Garbage | ErrorClass::Unsupported | ErrorClass::Rejected => {
                    tally.fail("not-grafana", format!("what answers there is not Grafana: {}", error.what), FROM);
                    tally.next("compare the address with Grafana's root_url; a sign-in page or another service may be before it");
                }
                ErrorClass::Credentials | ErrorClass::Forbidden => {
                    tally.pass(format!("Grafana answers, and refuses the console: {}", error.what), FROM);
                }
                _ => {
                    tally.fail("grafana-silent", format!("Grafana does not answer: {}", error.what), FROM);
                    tally.next(error.hint.clone().unwrap_or_else(|| "look at its tasks and its log".to_owned()));
                }
            }
        }
        SourceState::Fresh { .. } => {
            let version = source.version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
            tally.pass(format!("Grafana{version} answers"), FROM);
        }
        SourceState::Waiting | SourceState::Stale { .. } | SourceState::Standby => {
            let why = who::blindness(case, SourceKind::Grafana).unwrap_or_else(|| "it was not asked yet".to_owned());
            tally.unknown(format!("whether Grafana answers is not known: {why}"), FROM);
        }
    }
}

/// Looks at one host.
pub async fn look<E: Estate>(case: &Case<'_, E>, host: &str, port: u16, tally: &mut Tally) {
    let from = format!("a TLS handshake with {host}:{port}");
    match case.estate.handshake(host, port).await {
        Ok(handshake) => told(case, host, &handshake, &from, tally),
        Err(connection @ Connection::Failed(_)) => {
            if let Connection::Failed(why) = connection {
                tally.unknown(format!("{host}:{port} could not be looked at: {why}"), from);
            }
        }
        Err(connection) => reach::told(&format!("{host}:{port}"), &connection, false, tally),
    }
}

fn told<E>(case: &Case<'_, E>, host: &str, handshake: &Handshake, from: &str, tally: &mut Tally) {
    let Some(own) = handshake.chain.first() else {
        let why = handshake.cut_short.as_deref().unwrap_or("no certificate was presented");
        if why.contains("does not speak TLS") || why.contains("hung up") {
            tally.fail("not-tls", format!("{host}: {why}"), from);
            tally.next("check the port; a plain-HTTP listener answers like this");
        } else {
            tally.fail("handshake-failed", format!("{host}: {why}"), from);
            tally.next("see that it offers TLS 1.2 or 1.3, and that what ends TLS there is not overloaded");
        }
        return;
    };
    match &handshake.distrust {
        Some((why, words)) => distrusted(host, own, *why, words, from, tally),
        None => tally.pass(format!("{host}: trusted, issued by {}", issuer(own)), from),
    }
    validity(case, own, handshake.distrust.is_some(), from, tally);
    tally.pass(format!("for {}", names(own)), from);
    for above in handshake.chain.iter().skip(1) {
        if above.not_after.is_some_and(|end| end < case.now) {
            let when = above.not_after.map(|end| format::age(end, case.now)).unwrap_or_default();
            let text = format!("{} in its chain expired {when} ago", above.subject);
            tally.note(if handshake.distrust.is_some() { CheckState::Fail } else { CheckState::Warn }, text, from);
        }
    }
    match (&handshake.protocol, &handshake.cut_short) {
        (Some(protocol), _) => {
            let to = handshake.to.map(|to| format!(" with {to}")).unwrap_or_default();
            tally.pass(format!("{protocol}{to} in {}", format::seconds(handshake.took.as_secs_f64())), from);
        }
        (None, Some(why)) => {
            // A client certificate is asked for after the server has shown its own.
            tally.note(CheckState::Unknown, format!("the handshake did not end well: {why}"), from);
        }
        (None, None) => {}
    }
}

fn names(certificate: &Certificate) -> String {
    if certificate.names.is_empty() { certificate.subject.clone() } else { certificate.names.join(", ") }
}

fn issuer(certificate: &Certificate) -> String {
    let part = certificate.issuer.split(',').find_map(|part| part.trim().strip_prefix("CN="));
    part.map_or_else(|| certificate.issuer.clone(), str::to_owned)
}

fn distrusted(host: &str, own: &Certificate, why: Distrust, words: &str, from: &str, tally: &mut Tally) {
    let (cause, text, step) = match why {
        Distrust::Expired => (
            "certificate-expired",
            format!("{host}: the certificate, or one above it, has expired"),
            "renew it: an ACM certificate renews itself while its DNS validation record is there",
        ),
        Distrust::NotYetValid => (
            "certificate-not-yet-valid",
            format!("{host}: the certificate is not valid yet"),
            "check this machine's clock, then the certificate",
        ),
        Distrust::WrongName => (
            "wrong-name",
            format!("{host}: the certificate is for {}", names(own)),
            "give the listener a certificate of that name, or use a name it is for",
        ),
        Distrust::UnknownIssuer => (
            "untrusted-issuer",
            format!("{host}: not trusted: {words} (issued by {})", issuer(own)),
            "let the server send its whole chain, or name the authority in ca_file",
        ),
        Distrust::Other => {
            ("certificate-refused", format!("{host}: refused: {words}"), "look at the certificate itself")
        }
    };
    tally.fail(cause, text, from);
    tally.next(step);
}

fn validity<E>(case: &Case<'_, E>, own: &Certificate, is_distrusted: bool, from: &str, tally: &mut Tally) {
    let Some(end) = own.not_after else {
        tally.unknown("until when it is valid could not be read", from);
        return;
    };
    let day = end.strftime("%Y-%m-%d");
    let Ok(left) = Duration::try_from(end.duration_since(case.now)) else {
        tally.fail("certificate-expired", format!("it expired {} ago, on {day}", format::age(end, case.now)), from);
        return;
    };
    if let Some(begin) = own.not_before.filter(|begin| *begin > case.now) {
        tally.fail("certificate-not-yet-valid", format!("it is valid from {begin} on"), from);
        return;
    }
    let text = format!("valid for another {}, until {day}", format::duration(left));
    if left < SOON {
        let state = if left < URGENT || is_distrusted { CheckState::Fail } else { CheckState::Warn };
        tally.note(state, text, from);
        tally.cause("certificate-expires-soon");
        tally.next("see that its renewal is under way");
    } else {
        tally.pass(text, from);
    }
}
