//! How to speak to a backend: address, authentication, trust.

use std::time::Duration;

use super::header::{exclusive, reference};
use super::keys::http_names;
use super::section::Section;
use super::settings::{Auth, HeaderText, Http, Reach, SecretRef};
use crate::located::Draft;

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// A backend at its own address.
pub(super) fn http(section: &Section, drafts: &mut Vec<Draft>) -> Option<Http> {
    let auth = auth(section, drafts);
    let headers = headers(section, drafts, auth != Auth::None);
    let client_certificate = client_certificate(section, drafts);
    Some(Http {
        url: section.url("url")?,
        auth,
        headers,
        ca_file: section.path("ca_file"),
        client_certificate,
        timeout: section.duration("timeout").unwrap_or(DEFAULT_TIMEOUT),
    })
}

/// Directly, or through the context's Grafana.
pub(super) fn reach(section: &Section, grafana: bool, drafts: &mut Vec<Draft>) -> Option<Reach> {
    let through = ["grafana_uid", "via"].into_iter().find(|key| section.has(key));
    match (section.has("url"), through) {
        (true, None) => http(section, drafts).map(Reach::Direct),
        (true, Some(key)) => {
            drafts.push(
                exclusive(section, "url", key)
                    .hint("keep `url` to reach it directly, or the other to reach it through Grafana"),
            );
            None
        }
        (false, Some(key)) => {
            if !grafana {
                drafts.push(
                    Draft::new(section.at(key), format!("[{}] goes through Grafana, and there is none", section.path))
                        .hint("add the context's `grafana` table, with its `url`")
                        .absence(),
                );
            }
            for name in http_names().filter(|name| section.has(name)) {
                drafts.push(
                    Draft::new(section.at(name), format!("`{name}` has no effect in [{}]", section.path))
                        .expected("requests go through Grafana")
                        .also(section.at(key), "because of this")
                        .hint("put it into the context's `grafana` table"),
                );
            }
            Some(Reach::Grafana { uid: section.text("grafana_uid") })
        }
        (false, None) => {
            drafts.push(
                Draft::new(&section.at, format!("[{}] does not say where it is", section.path))
                    .hint("give its `url`, or `via = \"grafana\"` to reach it through Grafana")
                    .absence(),
            );
            None
        }
    }
}

fn auth(section: &Section, drafts: &mut Vec<Draft>) -> Auth {
    let token = secret(section, ["token_file", "token_env", "token_command"], drafts);
    let password = secret(section, ["password_file", "password_env", "password_command"], drafts);
    match (token, password, section.has("username")) {
        (Some((key, _)), Some((other, _)), _) => drafts.push(exclusive(section, key, other)),
        (Some((key, _)), None, true) => drafts.push(exclusive(section, key, "username")),
        (Some((_, token)), None, false) => return token.map_or(Auth::None, Auth::Bearer),
        (None, Some((key, _)), false) => drafts.push(
            Draft::new(section.at(key), format!("`{key}` without `username` in [{}]", section.path))
                .hint("basic authentication needs both; for a bearer token use `token_file`")
                .absence(),
        ),
        (None, None, true) => drafts.push(
            Draft::new(section.at("username"), format!("`username` without a password in [{}]", section.path))
                .hint("add `password_file`, `password_env` or `password_command`")
                .absence(),
        ),
        (None, Some((_, password)), true) => {
            if let (Some(username), Some(password)) = (section.text("username"), password) {
                if !username.contains(':') {
                    return Auth::Basic { username, password };
                }
                drafts.push(Draft::new(section.at("username"), "a user of basic authentication cannot have a `:`"));
            }
        }
        (None, None, false) => {}
    }
    Auth::None
}

/// The one of three keys that is given, and what it refers to if it is right.
fn secret<'k>(section: &Section, keys: [&'k str; 3], drafts: &mut Vec<Draft>) -> Option<(&'k str, Option<SecretRef>)> {
    let mut given = keys.into_iter().filter(|key| section.has(key));
    let first = given.next()?;
    drafts.extend(given.map(|other| exclusive(section, first, other)));
    Some((first, reference(section, first, keys)))
}

fn headers(section: &Section, drafts: &mut Vec<Draft>, authenticates: bool) -> Vec<(String, HeaderText)> {
    const ORGANISATION: &str = "X-Grafana-Org-Id";
    let mut headers = Vec::new();
    for (at, name, text) in section.headers("headers") {
        let draft = |what: &str| Draft::new(at, what).hint("keep one of them");
        if authenticates && name.eq_ignore_ascii_case("authorization") {
            drafts.push(draft("the header `Authorization` is set by the token or password already"));
        } else if section.has("org_id") && name.eq_ignore_ascii_case(ORGANISATION) {
            drafts.push(draft("this header is set by `org_id` already").also(section.at("org_id"), "by this"));
        } else {
            headers.push((name.clone(), text.clone()));
        }
    }
    headers.extend(section.count("org_id").map(|id| (ORGANISATION.to_owned(), HeaderText::Plain(id.to_string()))));
    // The order of the file, as everything in a table, is lost: keep one that any spelling of the same file shares.
    headers.sort_by(|(one, _), (other, _)| one.cmp(other));
    headers
}

fn client_certificate(section: &Section, drafts: &mut Vec<Draft>) -> Option<(std::path::PathBuf, std::path::PathBuf)> {
    match (section.has("client_cert"), section.has("client_key")) {
        (true, false) => drafts.push(lonely(section, "client_cert", "client_key")),
        (false, true) => drafts.push(lonely(section, "client_key", "client_cert")),
        _ => {}
    }
    Some((section.path("client_cert")?, section.path("client_key")?))
}

fn lonely(section: &Section, given: &str, missing: &str) -> Draft {
    Draft::new(section.at(given), format!("`{given}` without `{missing}` in [{}]", section.path))
        .hint(format!("mTLS needs both: add `{missing}`"))
        .absence()
}
