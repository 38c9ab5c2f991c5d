//! The harness itself: what the other tests stand on must hold.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::bridge::{Bridge, Call, Trouble};
use crate::support::fake_ecs::{FakeEcs, Fleet, Rollout, Service, Stopped};
use crate::support::fake_grafana::{self, EDITOR, FakeGrafana, PROMETHEUS_UID, Proxy, Setup, VIEWER};
use crate::support::fault::{BrokenBackend, Fault};
use crate::support::http::{self, Reply};
use crate::support::moto::REGION;
use crate::support::pty::Terminal;
use crate::support::site::{RUNTIME, Site, respond};
use crate::support::world::{AWS, BAD_MORNING, CALM};
use crate::support::{cbor, load};

fn scope(service: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential=AKIAPLANTED/20260101/{REGION}/{service}/aws4_request, SignedHeaders=host, Signature=0"
    )
}

fn ecs(endpoint: &str, operation: &str, body: &Value) -> Reply {
    let target = format!("AmazonEC2ContainerServiceV20141113.{operation}");
    let headers = [
        ("authorization", scope("ecs")),
        ("x-amz-target", target),
        ("content-type", "application/x-amz-json-1.1".to_owned()),
    ];
    http::post(endpoint, &headers.each_ref().map(|(name, value)| (*name, value.as_str())), body.to_string()).unwrap()
}

fn cloudwatch(endpoint: &str, operation: &str, body: &Value) -> Reply {
    let url = format!("{endpoint}/service/GraniteServiceVersion20100801/operation/{operation}");
    let authorization = scope("monitoring");
    let headers = [
        ("authorization", authorization.as_str()),
        ("smithy-protocol", "rpc-v2-cbor"),
        ("content-type", "application/cbor"),
    ];
    http::post(&url, &headers, cbor::from_json(body)).unwrap()
}

fn cpu_of(cluster: &str, service: &str) -> Value {
    let dimensions = json!([{ "Name": "ClusterName", "Value": cluster }, { "Name": "ServiceName", "Value": service }]);
    let metric = json!({ "Namespace": "AWS/ECS", "MetricName": "CPUUtilization", "Dimensions": dimensions });
    json!({
        "StartTime": load::now() - 3600.0,
        "EndTime": load::now(),
        "MetricDataQueries": [{ "Id": "q0", "MetricStat": { "Metric": metric, "Period": 60, "Stat": "Average" } }],
    })
}

#[test]
fn the_bad_morning_is_as_bad_as_it_says() {
    let world = &*BAD_MORNING;
    let hot = world.prometheus.query("ecs_cpu_utilization > 95");
    assert_eq!(hot.len(), 1, "{hot:?}");
    assert_eq!((hot[0].0["service"].as_str(), hot[0].1), (Some("api-2"), 97.0));
    let dead = world.prometheus.query(r#"up{job="ecs-services"} == 0"#);
    assert_eq!(dead.iter().map(|(labels, _)| labels["service"].as_str().unwrap()).collect::<Vec<_>>(), ["worker"]);
    let errors = world.prometheus.query(
        r#"100 * sum by (service) (rate(http_requests_total{code=~"5.."}[5m])) / sum by (service) (rate(http_requests_total[5m])) > 1"#,
    );
    assert!(
        matches!(&errors[..], [(labels, percent)] if labels["service"] == "api-2" && (percent - 4.1).abs() < 0.1),
        "{errors:?}"
    );
    let slow = world
        .prometheus
        .query("histogram_quantile(0.95, sum by (le, service) (rate(http_request_duration_seconds_bucket[5m]))) > 1");
    assert!(
        matches!(&slow[..], [(labels, seconds)] if labels["service"] == "api-2" && (1.5..2.5).contains(seconds)),
        "{slow:?}"
    );
    world.alertmanager.wait_for("HighCPUUsage", "api-2", "active");
    world.alertmanager.wait_for("HighMemoryUsage", "worker", "suppressed");
}

#[test]
fn history_and_scrape_join_without_a_seam() {
    let prometheus = &BAD_MORNING.prometheus;
    for (query, wanted) in [
        // Two hours at four a minute, and then one every two seconds.
        ("min(count_over_time(ecs_cpu_utilization[2h])) > 470", 1),
        ("min(count_over_time(ecs_cpu_utilization[20s])) >= 5", 1),
        ("resets(http_requests_total[2h]) > 0", 0),
        ("count by (service) (ecs_cpu_utilization) > 1", 0),
    ] {
        let answer = crate::support::wait::until(query, Duration::from_mins(1), || {
            let answer = prometheus.query(query);
            if answer.len() == wanted { Ok(answer) } else { Err(format!("{answer:?}")) }
        });
        assert_eq!(answer.len(), wanted, "{query}");
    }
}

#[test]
fn the_calm_world_has_no_alerts() {
    assert_eq!(CALM.prometheus.query("ALERTS"), []);
    assert_eq!(CALM.alertmanager.alerts(), Vec::<Value>::new());
}

#[test]
fn moto_runs_the_fleet_it_was_seeded_with() {
    for cluster in ["prod", "calm"] {
        let asked = json!({ "cluster": cluster, "services": ["api-1", "api-2", "web", "worker", "atlantis"] });
        let services = ecs(&AWS.url(), "DescribeServices", &asked).json();
        let counts: BTreeMap<&str, (i64, i64)> = services["services"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| {
                let count = |name: &str| one[name].as_i64().unwrap();
                (one["serviceName"].as_str().unwrap(), (count("desiredCount"), count("runningCount")))
            })
            .collect();
        let wanted = [("api-1", (3, 3)), ("api-2", (3, 3)), ("atlantis", (1, 1)), ("web", (2, 2)), ("worker", (4, 4))];
        assert_eq!(counts, BTreeMap::from(wanted));
        let tasks = ecs(&AWS.url(), "ListTasks", &json!({ "cluster": cluster })).json();
        for _ in 0..3 {
            let described =
                ecs(&AWS.url(), "DescribeTasks", &json!({ "cluster": cluster, "tasks": tasks["taskArns"] })).json();
            let described = described["tasks"].as_array().unwrap();
            assert_eq!(described.len(), 13);
            assert!(described.iter().all(|task| task["lastStatus"] == "RUNNING"), "looking at a task must not stop it");
        }
    }
}

#[test]
fn the_bridge_speaks_cbor_for_moto() {
    let bridge = Bridge::to(&AWS.url());
    let reply = cloudwatch(&bridge.url(), "GetMetricData", &cpu_of("prod", "api-2"));
    assert_eq!((reply.status, &reply.headers["smithy-protocol"]), (200, &"rpc-v2-cbor".parse().unwrap()));
    // A time stamp that the SDK would take: tag 1 before a double.
    assert!(reply.body.windows(2).any(|two| two == [0xc1, 0xfb]), "no tagged time in {:?}", reply.body);
    let answer = cbor::to_json(&reply.body).unwrap();
    let result = &answer["MetricDataResults"][0];
    assert_eq!((&result["Id"], &result["StatusCode"]), (&json!("q0"), &json!("Complete")), "{answer}");
    let values = result["Values"].as_array().unwrap();
    assert!(values.len() > 50 && values.iter().all(|value| *value == json!(97.0)), "{answer}");
    assert_eq!(bridge.calls(), [Call { service: "monitoring".to_owned(), operation: "GetMetricData".to_owned() }]);
}

#[test]
fn the_bridge_breaks_one_service_and_leaves_the_others() {
    let bridge = Bridge::to(&AWS.url());
    let list = |status| {
        let reply = ecs(&bridge.url(), "ListServices", &json!({ "cluster": "prod" }));
        assert_eq!(reply.status, status, "{}", String::from_utf8_lossy(&reply.body));
        reply
    };
    bridge.trouble("monitoring", Trouble::Broken(Fault::Error500));
    assert_eq!(cloudwatch(&bridge.url(), "GetMetricData", &cpu_of("prod", "api-2")).status, 500);
    list(200);
    bridge.trouble("monitoring", Trouble::Expired);
    let refused = cloudwatch(&bridge.url(), "GetMetricData", &cpu_of("prod", "api-2"));
    assert_eq!(
        (refused.status, cbor::to_json(&refused.body).unwrap()["__type"].clone()),
        (400, json!("ExpiredTokenException"))
    );
    bridge.trouble("ecs", Trouble::Throttled(2));
    assert_eq!(list(400).json()["__type"], "ThrottlingException");
    list(400);
    list(200);
    bridge.trouble("ecs", Trouble::Denied);
    assert_eq!(list(400).json()["__type"], "AccessDeniedException");
    bridge.trouble("ecs", Trouble::Slow(Duration::from_millis(200)));
    let began = Instant::now();
    list(200);
    assert!(began.elapsed() >= Duration::from_millis(200));
    assert_eq!(bridge.count("ListServices"), 6);
}

#[test]
fn every_fault_breaks_in_its_own_way() {
    for fault in Fault::ALL {
        let backend = BrokenBackend::new(fault);
        let address = backend.url().trim_start_matches("http://").to_owned();
        let seen = RUNTIME.block_on(async {
            use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
            let Ok(mut stream) = tokio::net::TcpStream::connect(&address).await else { return "refused".to_owned() };
            stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
            let mut bytes = Vec::new();
            let mut chunk = vec![0; 65_536];
            // What should hang or go on for ever is seen to do so for a while; for everything else is waited.
            let (a_while, long) = (Duration::from_millis(400), Duration::from_mins(1));
            let begin =
                tokio::time::timeout(if fault == Fault::Hang { a_while } else { long }, stream.read(&mut chunk));
            let Ok(mut read) = begin.await else { return "nothing open".to_owned() };
            let all = async {
                while let Ok(length @ 1..) = read {
                    bytes.extend_from_slice(&chunk[..length]);
                    if bytes.len() > 1_000_000 {
                        return false;
                    }
                    read = stream.read(&mut chunk).await;
                }
                true
            };
            let ended = tokio::time::timeout(if fault == Fault::Drip { a_while } else { long }, all).await;
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let first = text.lines().next().unwrap_or("nothing").to_owned();
            format!(
                "{first} {}",
                match ended {
                    Ok(true) => "end",
                    Ok(false) => "flood",
                    Err(_) => "open",
                }
            )
        });
        let wanted = match fault {
            Fault::Refuse => "refused",
            Fault::Hang => "nothing open",
            Fault::HangUp => "nothing end",
            Fault::Error500 => "HTTP/1.1 500 Internal Server Error end",
            Fault::Garbage | Fault::Html => "HTTP/1.1 200 OK end",
            Fault::NotHttp => "SSH-2.0-OpenSSH_9.2 end",
            Fault::Drip => "HTTP/1.1 200 OK open",
            Fault::Flood => "HTTP/1.1 200 OK flood",
        };
        assert_eq!(seen, wanted, "{fault:?}");
        let counted = !matches!(fault, Fault::Refuse | Fault::NotHttp);
        assert_eq!(backend.requests(), usize::from(counted), "{fault:?}");
    }
}

fn grafana(major: u8, proxy: Proxy) -> FakeGrafana {
    FakeGrafana::start(Setup {
        major,
        prometheus: BAD_MORNING.prometheus.url(),
        alertmanager: BAD_MORNING.alertmanager.url(),
        proxy,
        alerts: vec![fake_grafana::managed_alert("SlowCheckout", "web", "warning")],
    })
}

#[test]
fn the_fake_grafana_keeps_its_contract() {
    let prometheus = format!("/api/datasources/proxy/uid/{PROMETHEUS_UID}");
    let resources = format!("/api/datasources/uid/{PROMETHEUS_UID}/resources/api/v1/query?query=up");
    for major in 9..=13 {
        let grafana = grafana(major, Proxy::Works);
        for (method, token, target, status) in [
            ("GET", "", "/api/health", 200),
            ("GET", "", "/api/search", 401),
            ("GET", "stale", "/api/frontend/settings", 401),
            ("GET", VIEWER, "/api/datasources", 403),
            ("GET", EDITOR, "/api/datasources", 200),
            ("GET", VIEWER, "/api/frontend/settings", 200),
            ("GET", VIEWER, &format!("{prometheus}/api/v1/query?query=up"), 200),
            ("POST", VIEWER, &format!("{prometheus}/api/v1/query"), 200),
            ("POST", VIEWER, &format!("{prometheus}/api/v1/admin/tsdb/snapshot"), 403),
            ("GET", VIEWER, &resources, 200),
            ("GET", VIEWER, "/api/datasources/proxy/uid/nobody/api/v1/query?query=up", 404),
            ("GET", VIEWER, "/api/datasources/proxy/1/api/v1/query?query=up", if major == 13 { 404 } else { 200 }),
            ("GET", VIEWER, "/api/datasources/proxy/uid/am-uid/api/v2/alerts", 200),
            ("GET", VIEWER, "/api/dashboards/uid/services", 200),
            ("GET", VIEWER, "/api/dashboards/uid/dynamic", if major < 12 { 200 } else { 406 }),
            ("GET", VIEWER, "/api/prometheus/grafana/api/v1/rules", 200),
            ("GET", VIEWER, "/api/prometheus/grafana/api/v1/alerts", 200),
            ("GET", VIEWER, "/api/alertmanager/grafana/api/v2/alerts", 200),
            ("POST", VIEWER, "/api/alertmanager/grafana/api/v2/silences", 403),
        ] {
            let url = format!("{}{target}", grafana.url());
            let bearer = format!("Bearer {token}");
            let headers = [("authorization", bearer.as_str()), ("content-type", "application/x-www-form-urlencoded")];
            let reply = match method {
                "GET" => http::get_with(&url, &headers).unwrap(),
                _ => http::post(&url, &headers, "query=up").unwrap(),
            };
            assert_eq!(reply.status, status, "{major}: {method} {target}");
        }
    }
}

#[test]
fn the_fake_grafanas_proxy_can_refuse_and_its_resources_still_work() {
    let grafana = grafana(12, Proxy::Refuses(500));
    let bearer = format!("Bearer {VIEWER}");
    let get = |path: &str| http::get_with(&format!("{}{path}", grafana.url()), &[("authorization", &bearer)]).unwrap();
    assert_eq!(get(&format!("/api/datasources/proxy/uid/{PROMETHEUS_UID}/api/v1/query?query=up")).status, 500);
    let answer = get(&format!("/api/datasources/uid/{PROMETHEUS_UID}/resources/api/v1/query?query=up")).json();
    assert_eq!(answer["data"]["result"].as_array().unwrap().len(), 6, "{answer}");
    assert_eq!(grafana.seen().len(), 2);
}

#[test]
fn the_fake_ecs_has_pages_limits_throttles_and_failures() {
    let mut services: Vec<Service> = (0..23).map(|n| Service::new(format!("svc-{n}"), 6)).collect();
    services[0].rollout = Rollout::InProgress { failed_tasks: 2 };
    services[1].missing = true;
    services[2].stopped = vec![Stopped {
        code: "EssentialContainerExited",
        reason: "Essential container in task exited",
        exit_code: Some(137),
        container_reason: Some("OutOfMemoryError: Container killed due to memory usage"),
    }];
    services[3].rollout = Rollout::Failed { reason: "tasks failed to start.".to_owned() };
    let fake = FakeEcs::start(Fleet { cluster: "prod".to_owned(), services });
    let ask = |operation: &str, body: Value| ecs(&fake.url(), operation, &body);

    let first = ask("ListServices", json!({ "cluster": "prod" })).json();
    assert_eq!((first["serviceArns"].as_array().unwrap().len(), &first["nextToken"]), (10, &json!("10")));
    let last = ask("ListServices", json!({ "cluster": "prod", "nextToken": "20" })).json();
    assert_eq!((last["serviceArns"].as_array().unwrap().len(), &last["nextToken"]), (3, &Value::Null));
    let tasks = ask("ListTasks", json!({ "cluster": "prod", "maxResults": 100 })).json();
    assert_eq!((tasks["taskArns"].as_array().unwrap().len(), &tasks["nextToken"]), (100, &json!("100")));

    let eleven: Vec<String> = (0..11).map(|n| format!("svc-{n}")).collect();
    for (operation, body, code) in [
        ("DescribeServices", json!({ "cluster": "prod", "services": eleven }), "InvalidParameterException"),
        ("DescribeTasks", json!({ "cluster": "prod", "tasks": vec!["svc-0.r0"; 101] }), "InvalidParameterException"),
        ("ListServices", json!({ "cluster": "prod", "maxResults": 101 }), "InvalidParameterException"),
        ("ListServices", json!({ "cluster": "nope" }), "ClusterNotFoundException"),
        ("ListServiceDeployments", json!({ "cluster": "prod" }), "UnsupportedFeatureException"),
    ] {
        let reply = ask(operation, body);
        assert_eq!((reply.status, reply.json()["__type"].as_str()), (400, Some(code)), "{operation}");
    }

    let described =
        ask("DescribeServices", json!({ "cluster": "prod", "services": ["svc-0", "svc-1", "svc-3"] })).json();
    assert_eq!(described["failures"], json!([{ "arn": "svc-1", "reason": "MISSING" }]));
    assert_eq!(described["services"][0]["deployments"][0]["failedTasks"], 2);
    assert_eq!(described["services"][1]["deployments"][0]["rolloutState"], "FAILED");
    let stopped = ask("ListTasks", json!({ "cluster": "prod", "desiredStatus": "STOPPED" })).json();
    let task = ask("DescribeTasks", json!({ "cluster": "prod", "tasks": stopped["taskArns"] })).json();
    assert_eq!(
        (&task["tasks"][0]["containers"][0]["exitCode"], &task["tasks"][0]["lastStatus"]),
        (&json!(137), &json!("STOPPED"))
    );

    fake.throttle("ListClusters", 1);
    assert_eq!(ask("ListClusters", json!({})).json()["__type"], "ThrottlingException");
    assert_eq!(ask("ListClusters", json!({})).status, 200);
    assert_eq!(fake.count("ListClusters"), 2);

    let metrics = cloudwatch(&fake.url(), "GetMetricData", &cpu_of("prod", "svc-0"));
    assert_eq!(cbor::to_json(&metrics.body).unwrap()["MetricDataResults"][0]["Values"][0], json!(20.0));
}

#[test]
fn a_site_records_what_it_was_asked() {
    let site =
        Site::serve(
            |request| async move { Ok(respond(200, "text/plain", request.parameter("q").unwrap_or_default())) },
        );
    assert_eq!(http::get(&format!("{}/a/b?q=x%20y", site.url())).unwrap().body, "x y");
    let seen = site.seen();
    assert_eq!((seen[0].method.as_str(), seen[0].target().as_str()), ("GET", "/a/b?q=x%20y"));
    site.forget();
    assert!(site.seen().is_empty());
}

/// `sh -c SCRIPT` in a terminal.
fn shell(script: &str, columns: u16, rows: u16) -> Terminal {
    let environment = [("PATH".to_owned(), std::env::var("PATH").unwrap()), ("TERM".to_owned(), "xterm".to_owned())];
    let arguments = ["-c".to_owned(), script.to_owned()];
    Terminal::start("/bin/sh", &arguments, &environment.into(), tempfile::tempdir().unwrap().into(), columns, rows)
}

#[test]
fn a_terminal_shows_types_resizes_and_ends() {
    let mut terminal =
        shell(r#"printf 'name? '; read -r name; stty size; printf 'hello %s\n' "$name"; read -r _; exit 7"#, 80, 24);
    terminal.wait_for("name? ");
    terminal.resize(50, 10);
    terminal.type_text("kim");
    terminal.press("enter");
    terminal.wait_for("hello kim");
    assert!(terminal.text().contains("10 50"), "{}", terminal.text());
    assert!(terminal.bytes() > 0 && terminal.id() > 0);
    assert_eq!(terminal.screen(vt100::Screen::size), (10, 50));
    terminal.press("enter");
    assert_eq!(terminal.wait_exit(), 7);
}

#[test]
fn a_terminal_answers_who_it_is() {
    let terminal =
        shell(r"stty raw -echo; printf '\033[c'; dd bs=1 count=9 2>/dev/null | od -c; stty sane; read -r _", 80, 24);
    terminal.wait_for("[   ?   6   2");
}

#[test]
#[should_panic(expected = "program gone; the screen:\nall there is")]
fn a_terminal_says_what_it_saw_when_the_program_ends() {
    shell("printf 'all there is'", 80, 24).wait_for("more");
}
