//! What a look costs: requests to Prometheus and Alertmanager do not grow with the fleet, those to AWS only by AWS's
//! own page sizes.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::support::alertmanager::Alertmanager;
use crate::support::fake_ecs::{FakeEcs, Fleet, Service};
use crate::support::load;
use crate::support::moto::REGION;
use crate::support::prometheus::Prometheus;
use crate::support::rounds::Rounds;
use crate::support::site::Site;
use crate::support::{http, wait};

/// Passes everything on, and counts.
fn counting(upstream: String) -> Site {
    let upstream = Arc::new(upstream);
    Site::serve(move |request| {
        let upstream = upstream.clone();
        async move {
            let reply = http::forward(&upstream, &request.target(), &request).await;
            Ok(reply.expect("the server behind the counter answers").into_response())
        }
    })
}

/// Requests by method and path.
fn counts(site: &Site) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for request in site.seen() {
        *counts.entry(format!("{} {}", request.method, request.path)).or_default() += 1;
    }
    counts
}

struct Cost {
    prometheus: BTreeMap<String, usize>,
    alertmanager: BTreeMap<String, usize>,
    aws: BTreeMap<String, usize>,
}

fn cost_of_a_look(services: usize) -> Cost {
    let loads = load::many(services);
    let fleet = loads.iter().map(|load| Service::new(load.service.clone(), 1)).collect();
    let ecs = FakeEcs::start(Fleet { cluster: "prod".to_owned(), services: fleet });
    let server = Prometheus::watching(loads, None);
    wait::until("every service to be scraped, and their exporter", std::time::Duration::from_mins(3), || {
        let up = server.query("count(up == 1)");
        if up.first().is_some_and(|(_, count)| *count > services as f64) { Ok(()) } else { Err(format!("{up:?}")) }
    });
    let alerting = Alertmanager::start();
    let (prometheus, alertmanager) = (counting(server.url()), counting(alerting.url()));
    let config = format!(
        "[contexts.big.aws]\nregion = \"{REGION}\"\nendpoint_url = \"{}\"\nclusters = [\"prod\"]\n\
         [contexts.big.prometheus]\nurl = \"{}\"\n[contexts.big.alertmanager]\nurl = \"{}\"\n",
        ecs.url(),
        prometheus.url(),
        alertmanager.url()
    );
    let outcome = Rounds::new(["--once", "-o", "json", "--timeout", "1m"]).config(&config).aws_keys().run();
    let document = outcome.json();
    assert_eq!(document["summary"]["services"]["total"], services, "{:#}", document["summary"]);
    for service in document["services"].as_array().unwrap() {
        assert_eq!(service["signals"]["cpu"]["state"], "fresh", "{service:#}");
    }
    let mut aws = BTreeMap::new();
    for call in ecs.calls() {
        *aws.entry(call.operation).or_default() += 1;
    }
    Cost { prometheus: counts(&prometheus), alertmanager: counts(&alertmanager), aws }
}

#[test]
fn requests_do_not_grow_with_the_fleet() {
    let (few, many) = (cost_of_a_look(5), cost_of_a_look(500));
    assert!(few.prometheus.values().sum::<usize>() > 0);
    assert_eq!(few.prometheus, many.prometheus);
    assert!(few.alertmanager.values().sum::<usize>() > 0);
    assert_eq!(few.alertmanager, many.alertmanager);
    // 500 services: 5 pages of 100 names, described by 10; 500 tasks by 100.
    let calls = |cost: &Cost, operation: &str| cost.aws.get(operation).copied().unwrap_or_default();
    assert_eq!((calls(&few, "ListServices"), calls(&many, "ListServices")), (1, 5), "{:?}", many.aws);
    assert_eq!((calls(&few, "DescribeServices"), calls(&many, "DescribeServices")), (1, 50), "{:?}", many.aws);
    assert_eq!(calls(&many, "DescribeTasks"), 5, "{:?}", many.aws);
    assert_eq!(calls(&many, "GetMetricData"), 0, "Prometheus has everything: {:?}", many.aws);
}
