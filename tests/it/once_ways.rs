//! The ways to a backend that are not straight: a forward proxy, TLS with an authority and certificates of one's own.

use std::sync::LazyLock;

use serde_json::Value;

use crate::support::fake_ecs::{FakeEcs, Fleet, Service};
use crate::support::moto::REGION;
use crate::support::port;
use crate::support::proxy::Proxy;
use crate::support::rounds::Rounds;
use crate::support::tls::TlsPrometheus;

static SECURE: LazyLock<TlsPrometheus> = LazyLock::new(TlsPrometheus::start);

fn look(config: &str) -> Rounds {
    Rounds::new(["--once", "-o", "json"]).config(config).aws_keys()
}

/// What is said of a source.
fn source(rounds: &Rounds, name: &str) -> Value {
    let document = rounds.run().json();
    document["sources"].as_array().unwrap().iter().find(|one| one["name"] == name).unwrap().clone()
}

/// A context whose Prometheus is at `authority`; `trust` are the lines about certificates.
fn secure(authority: &str, trust: &[(&str, &str)]) -> String {
    let line = |(key, name): &(&str, &str)| format!("{key} = \"{}\"", SECURE.file(name).display());
    let lines: Vec<String> = trust.iter().map(line).collect();
    format!("[contexts.a.prometheus]\nurl = \"https://{authority}\"\n{}\n", lines.join("\n"))
}

const MUTUAL: [(&str, &str); 3] = [("ca_file", "ca.pem"), ("client_cert", "client.pem"), ("client_key", "client.key")];

#[test]
fn a_client_certificate_opens_prometheus() {
    let found = source(&look(&secure(&SECURE.authority(), &MUTUAL)), "prometheus");
    assert_eq!(found["state"], "fresh", "{found:#}");
    assert!(found["version"].is_string(), "{found:#}");
}

#[test]
fn without_certificate_or_authority_it_is_said_which() {
    // In which words the server refuses us depends on which of its last packets is read.
    for (trust, key) in [(&MUTUAL[..1], "client_cert"), (&[][..], "ca_file")] {
        let found = source(&look(&secure(&SECURE.authority(), trust)), "prometheus");
        assert_eq!(found["state"], "failing", "{found:#}");
        assert!(found["error"]["hint"].to_string().contains(key), "{key}: {found:#}");
    }
}

#[test]
fn tls_goes_through_a_tunnel() {
    let name = "prometheus.internal:9443";
    let proxy = Proxy::to([(name, SECURE.authority())]);
    let rounds = look(&secure(name, &MUTUAL)).env("HTTPS_PROXY", proxy.url());
    let found = source(&rounds, "prometheus");
    assert_eq!(found["state"], "fresh", "{found:#}");
    assert!(proxy.seen().iter().all(|one| one == &format!("CONNECT {name}")), "{:?}", proxy.seen());
}

#[test]
fn plain_requests_and_aws_go_through_the_proxy_and_past_it_where_told() {
    let fleet = Fleet { cluster: "prod".to_owned(), services: vec![Service::new("web", 1)] };
    let ecs = FakeEcs::start(fleet);
    let real = ecs.url().replace("http://", "");
    let proxy = Proxy::to([("ecs.internal:80", real.clone()), ("ecs.internal", real)]);
    let config = |endpoint: &str| {
        format!("[contexts.a.aws]\nregion = \"{REGION}\"\nclusters = [\"prod\"]\nendpoint_url = \"{endpoint}\"\n")
    };
    let through = source(&look(&config("http://ecs.internal")).env("HTTP_PROXY", proxy.url()), "ecs");
    assert_eq!(through["state"], "fresh", "{through:#}");
    assert!(!proxy.seen().is_empty());

    let nowhere = format!("http://127.0.0.1:{}", port::free());
    let refused = source(&look(&config(&ecs.url())).env("HTTP_PROXY", nowhere.clone()), "ecs");
    assert_eq!(refused["state"], "failing", "{refused:#}");
    assert!(refused["error"]["hint"].to_string().contains("HTTP_PROXY"), "{refused:#}");
    let past = look(&config(&ecs.url())).env("HTTP_PROXY", nowhere).env("NO_PROXY", "127.0.0.1");
    assert_eq!(source(&past, "ecs")["state"], "fresh");
}
