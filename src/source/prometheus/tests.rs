//! Rounds and charts against a server on the loopback interface. The answers are Prometheus 2.42's own where it is
//! named as the source, and made up from its documentation where it is not.

use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::config::{Http, Prometheus as Settings, Reach};
use crate::domain::{AlertState, ErrorClass, Owner, PrometheusReading, ServiceId, Severity, Span, TargetHealth};
use crate::net::http::loopback::{Asked, Loopback, Said};

/// Captured from Prometheus 2.42.
const TARGETS: &str = r#"{"status":"success","data":{"activeTargets":[{"discoveredLabels":{"__address__":"127.0.0.1:19299","job":"dead","service":"web"},"labels":{"instance":"127.0.0.1:19299","job":"dead","service":"web"},"scrapePool":"dead","scrapeUrl":"http://kim:pw@127.0.0.1:19299/metrics","globalUrl":"http://vm:19299/metrics","lastError":"Get \"http://127.0.0.1:19299/metrics\": dial tcp 127.0.0.1:19299: connect: connection refused","lastScrape":"2026-11-22T16:58:35.450329057Z","lastScrapeDuration":0.000700273,"health":"down","scrapeInterval":"1m30s","scrapeTimeout":"1s"}],"droppedTargets":[]}}"#;

/// Captured from Prometheus 2.42.
const RULES: &str = r#"{"status":"success","data":{"groups":[{"name":"g","file":"rules.yml","rules":[{"state":"firing","name":"ServiceDown","query":"up == 0","duration":2,"keepFiringFor":0,"labels":{"severity":"critical"},"annotations":{"summary":"{{ $labels.instance }} is down"},"alerts":[{"labels":{"alertname":"ServiceDown","instance":"127.0.0.1:19299","job":"dead","service":"web","severity":"critical"},"annotations":{"summary":"127.0.0.1:19299 is down"},"state":"firing","activeAt":"2026-11-22T16:58:27.632510205Z","value":"0e+00"}],"health":"ok","evaluationTime":0.000230063,"lastEvaluation":"2026-11-22T16:58:34.633651926Z","type":"alerting"},{"state":"pending","name":"SlowBurn","query":"up == 1","duration":600,"alerts":[{"labels":{"alertname":"SlowBurn","service":"prometheus","severity":"warning"},"annotations":{},"state":"pending","activeAt":"2026-11-22T16:58:27.632510205Z","value":"1e+00"}],"health":"ok","type":"alerting"},{"state":"inactive","name":"Broken","query":"x","alerts":null,"health":"err","lastError":"vector contains metrics with the same labelset","type":"alerting"}],"interval":1,"limit":0}]}}"#;

/// Captured from Prometheus 2.42.
const RUNTIME: &str = r#"{"status":"success","data":{"startTime":"2026-11-22T08:02:00.510386028Z","CWD":"/","reloadConfigSuccess":false,"lastConfigTime":"2026-11-22T08:02:21Z","corruptionCount":0,"goroutineCount":32,"GOMAXPROCS":2,"GOGC":"","GODEBUG":"","storageRetention":"15d"}}"#;

/// Captured from Prometheus 2.42.
const BUILD: &str =
    r#"{"status":"success","data":{"version":"2.42.0+ds","revision":"2.42.0+ds-5+deb12u1","goVersion":"go1.19.8"}}"#;

const TSDB: &str = r#"{"status":"success","data":{"headStats":{"numSeries":395,"numLabelPairs":353}}}"#;

const EMPTY_VECTOR: &str = r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#;
const EMPTY_MATRIX: &str = r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#;

fn now() -> Timestamp {
    "2026-11-22T09:02:14Z".parse().unwrap()
}

/// What a whole Prometheus 2.42 answers, apart from queries.
fn rest(asked: &Asked) -> Said {
    match asked.path.as_str() {
        "/-/ready" => {
            let date = ("date", "Sun, 22 Nov 2026 09:02:14 GMT".to_owned());
            Said::Reply(200, vec![date], b"Prometheus Server is Ready.\n".to_vec())
        }
        "/api/v1/targets" => Said::json(200, TARGETS),
        "/api/v1/rules" => Said::json(200, RULES),
        "/api/v1/status/buildinfo" => Said::json(200, BUILD),
        "/api/v1/status/runtimeinfo" => Said::json(200, RUNTIME),
        "/api/v1/status/tsdb" => Said::json(200, TSDB),
        "/api/v1/query" => Said::json(200, EMPTY_VECTOR),
        "/api/v1/query_range" => Said::json(200, EMPTY_MATRIX),
        _ => Said::text(404, "text/plain", "404 page not found\n"),
    }
}

fn vector(samples: &[(&str, &str)]) -> Said {
    let at = now().as_second();
    let samples: Vec<_> = samples
        .iter()
        .map(|(labels, value)| format!(r#"{{"metric":{{{labels}}},"value":[{at}.5,"{value}"]}}"#))
        .collect();
    Said::json(
        200,
        format!(r#"{{"status":"success","data":{{"resultType":"vector","result":[{}]}}}}"#, samples.join(",")),
    )
}

fn matrix(start: i64, step: i64, lines: &[(&str, &[&str])]) -> Said {
    let lines: Vec<_> = lines
        .iter()
        .map(|(labels, values)| {
            let points =
                values.iter().zip(0..).map(|(value, index)| format!(r#"[{},"{value}"]"#, start + index * step));
            format!(r#"{{"metric":{{{labels}}},"values":[{}]}}"#, points.collect::<Vec<_>>().join(","))
        })
        .collect();
    Said::json(
        200,
        format!(r#"{{"status":"success","data":{{"resultType":"matrix","result":[{}]}}}}"#, lines.join(",")),
    )
}

fn queries() -> BTreeMap<Signal, String> {
    Signal::ALL
        .into_iter()
        .map(|signal| (signal, format!("{}{{$label=~\"$service\"}}[$window]", signal.key())))
        .collect()
}

fn source(http: Http) -> Arc<dyn Source> {
    let settings = Settings {
        reach: Reach::Direct(http),
        service_label: "service".into(),
        cluster_label: None,
        queries: queries(),
    };
    open(&settings, None, &Clients::default())
}

async fn read_at(source: &dyn Source, now: Timestamp) -> Result<PrometheusReading, SourceError> {
    let ask = Ask { now, within: Duration::from_mins(1), wanted: Vec::new() };
    match source.read(&ask).await? {
        Reading::Prometheus(reading) => Ok(reading),
        other => panic!("{other:?}"),
    }
}

async fn read(server: &Loopback) -> Result<PrometheusReading, SourceError> {
    read_at(&*source(server.settings()), now()).await
}

#[tokio::test]
async fn a_round_brings_signals_targets_alerts_and_facts() {
    let server = Loopback::start(|asked| match (asked.path.as_str(), asked.parameter("query")) {
        ("/api/v1/query", "cpu{service=~\".+\"}[5m]") => vector(&[
            (r#""service":"api-1""#, "31.5"),
            (r#""service":"web""#, "NaN"),
            (r#""service":"w\u001b2""#, "+Inf"),
        ]),
        ("/api/v1/query_range", query) if query.starts_with("cpu") => {
            let start = asked.parameter("start").parse().unwrap();
            matrix(start, 60, &[(r#""service":"api-1""#, &["1", "NaN", "3"]), (r#""service":"gone""#, &["7"])])
        }
        _ => rest(asked),
    })
    .await;
    let reading = read(&server).await.unwrap();

    let by_owner: Vec<_> = reading.signals.iter().map(|signal| (signal.owner.service.as_str(), signal)).collect();
    let [("api-1", api), ("gone", gone)] = by_owner.as_slice() else { panic!("{by_owner:?}") };
    assert_eq!(api.now.as_ref().unwrap().value.to_bits(), 31.5_f64.to_bits());
    assert_eq!(api.now.as_ref().unwrap().at.to_string(), "2026-11-22T09:02:14.5Z");
    assert_eq!((api.signal, &*api.query), (Signal::Cpu, "cpu{service=~\".+\"}[5m]"));
    let series = api.series.as_ref().unwrap();
    assert_eq!(series.start().to_string(), "2026-11-22T08:02:00Z");
    assert_eq!((0..4).map(|index| series.get(index)).collect::<Vec<_>>(), [Some(1.0), None, Some(3.0), None]);
    assert_eq!((series.len(), series.step()), (61, Duration::from_mins(1)));
    assert!(gone.now.is_none() && gone.series.is_some(), "a signal that stopped keeps its past");

    let target = &reading.targets.as_ref().unwrap()[0];
    assert_eq!((target.job.as_str(), target.health, target.host()), ("dead", TargetHealth::Down, "127.0.0.1"));
    assert_eq!(target.url, "http://127.0.0.1:19299/metrics", "a password in a scrape url is not shown");
    assert_eq!((target.interval, target.owner.clone()), (Some(Duration::from_secs(90)), Some(Owner::named("web"))));

    let alerts = reading.alerts.as_ref().unwrap();
    assert_eq!(alerts.iter().map(|alert| alert.state).collect::<Vec<_>>(), [AlertState::Firing, AlertState::Pending]);
    assert_eq!((alerts[0].severity, alerts[0].query.as_deref()), (Severity::Critical, Some("up == 0")));
    assert_eq!(alerts[0].owner, Some(Owner::named("web")));

    assert_eq!(reading.version.as_deref(), Some("2.42.0+ds"));
    for fact in [("readiness", "ready"), ("head series", "395"), ("retention", "15d"), ("up for", "1h")] {
        assert!(reading.facts.iter().any(|(name, text)| (name.as_str(), text.as_str()) == fact), "{:?}", reading.facts);
    }
    let problems: Vec<_> = reading.problems.iter().map(|problem| problem.what.as_str()).collect();
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems[0].starts_with("alert rule Broken cannot be evaluated: vector contains"), "{problems:?}");
    assert!(problems[1].contains("its last configuration reload failed"), "{problems:?}");
}

#[tokio::test]
async fn requests_do_not_grow_with_the_services() {
    let mut counts = Vec::new();
    for services in [1, 3_000] {
        let labels: Vec<_> = (0..services).map(|number| format!(r#""service":"s{number}""#)).collect();
        let server = Loopback::start(move |asked| match asked.path.as_str() {
            "/api/v1/query" => vector(&labels.iter().map(|labels| (labels.as_str(), "1")).collect::<Vec<_>>()),
            _ => rest(asked),
        })
        .await;
        let source = source(server.settings());
        assert_eq!(read_at(&*source, now()).await.unwrap().signals.len(), 5 * services);
        let first = source.requests();
        read_at(&*source, now()).await.unwrap();
        counts.push((first, source.requests() - first));
    }
    assert_eq!(counts, [(16, 13), (16, 13)], "5 x 2 queries, readiness, targets, rules; 3 about the server at first");
}

#[tokio::test]
async fn a_signal_that_fails_is_named_and_the_others_go_on() {
    let server = Loopback::start(|asked| match asked.parameter("query") {
        query if query.starts_with("memory") => {
            Said::json(400, r#"{"status":"error","errorType":"bad_data","error":"parse error: \u001b[31munclosed"}"#)
        }
        query if query.starts_with("cpu") => vector(&[(r#""service":"web""#, "1")]),
        _ => rest(asked),
    })
    .await;
    let reading = read(&server).await.unwrap();
    assert_eq!(reading.failed_signals.iter().map(|(signal, _)| *signal).collect::<Vec<_>>(), [Signal::Memory]);
    let problem = reading.problems.iter().find(|problem| problem.what.starts_with("memory: ")).unwrap();
    assert_eq!(problem.class, ErrorClass::Rejected);
    assert_eq!(problem.hint.as_deref(), Some("correct prometheus.signals.memory of the context"));
    assert_eq!(format!("memory: {}", reading.failed_signals[0].1), problem.reason_first(), "who asks knows the signal");
    assert!(problem.what.ends_with(r"/api/v1/query: 400 Bad Request: parse error: \u{1b}[31munclosed"), "{problem:?}");
    let history = reading.problems.iter().find(|problem| problem.what.starts_with("CPU: history: ")).unwrap();
    assert!(history.what.contains("a vector, not one value"), "{history:?}");
    assert_eq!(reading.signals.len(), 1, "without its history the value is still there");
}

#[tokio::test]
async fn what_is_odd_about_a_query_is_said_with_what_to_change() {
    let server = Loopback::start(|asked| match (asked.path.as_str(), asked.parameter("query")) {
        ("/api/v1/query", query) if query.starts_with("cpu") => vector(&[
            (r#""service":"web","task":"1""#, "20"),
            (r#""service":"web","task":"2""#, "90"),
            (r#""service":"web","task":"3""#, "30"),
            (r#""service":"api""#, "1"),
        ]),
        ("/api/v1/query", query) if query.starts_with("memory") => vector(&[(r#""job":"x""#, "1"), (r#""service":"""#, "2")]),
        ("/api/v1/query", query) if query.starts_with("latency") => Said::json(
            200,
            r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"service":"web"},"histogram":[1,{"count":"1","sum":"2"}]}]},"infos":["PromQL info: metric might not be a counter"]}"#,
        ),
        ("/api/v1/query", query) if query.starts_with("traffic") => Said::json(
            200,
            r#"{"status":"success","data":{"resultType":"vector","result":[]},"warnings":["PromQL warning: style","store-1: connection refused"]}"#,
        ),
        _ => rest(asked),
    })
    .await;
    let reading = read(&server).await.unwrap();
    let value = |name: &str| {
        let owned = |signal: &&crate::domain::SignalReading| signal.owner.service == name;
        reading.signals.iter().find(owned).unwrap().now.as_ref().unwrap().value
    };
    assert!(value("web") > 89.0 && value("api") < 2.0);
    let problems: Vec<_> = reading.problems.iter().map(|problem| problem.what.as_str()).collect();
    for expected in [
        "CPU: the query returns 3 series for service web; the largest value is used",
        "memory: the query returns 2 series and none has the label service",
        "latency p95: the query returns native histograms, which are no numbers",
        "traffic: the answer may be partial: store-1: connection refused",
    ] {
        assert!(problems.contains(&expected), "{expected}: {problems:?}");
    }
}

#[tokio::test]
async fn what_a_look_alike_does_not_offer_is_a_fact_and_left_alone_for_a_while() {
    let server = Loopback::start(|asked| match asked.path.as_str() {
        "/api/v1/query" | "/api/v1/query_range" => rest(asked),
        "/api/v1/status/runtimeinfo" => Said::text(400, "text/plain", "unsupported path requested: \"/x\""),
        "/api/v1/targets" => Said::json(501, "{}"),
        "/api/v1/status/buildinfo" => Said::json(200, r#"{"status":"success","data":{}}"#),
        "/api/v1/alerts" => {
            Said::json(200, r#"{"status":"success","data":{"alerts":[{"labels":{"alertname":"A"},"state":"firing"}]}}"#)
        }
        _ => Said::text(404, "text/plain", "404 page not found"),
    })
    .await;
    let source = source(server.settings());
    let reading = read_at(&*source, now()).await.unwrap();
    assert_eq!((reading.targets, reading.version), (None, None));
    assert_eq!(reading.alerts.unwrap()[0].name, "A");
    assert!(reading.problems.is_empty(), "{:?}", reading.problems);
    for fact in [("targets", 501), ("readiness", 404), ("rules", 404), ("runtime info", 400), ("tsdb status", 404)] {
        let text = format!("not offered by this server ({})", fact.1);
        assert!(reading.facts.contains(&(fact.0.to_owned(), text)), "{fact:?}: {:?}", reading.facts);
    }
    let asked = || server.asked().iter().filter(|asked| asked.path == "/api/v1/targets").count();
    read_at(&*source, now() + Duration::from_mins(9)).await.unwrap();
    assert_eq!(asked(), 1);
    read_at(&*source, now() + Duration::from_mins(11)).await.unwrap();
    assert_eq!(asked(), 2);
}

#[tokio::test]
async fn a_server_that_is_not_ready_is_asked_nothing_else() {
    for (stopping, expected) in
        [("false", "it is starting: it replays its write-ahead log"), ("true", "it is shutting down")]
    {
        let server = Loopback::start(move |_| {
            Said::Reply(503, vec![("x-prometheus-stopping", stopping.into())], b"Service Unavailable".to_vec())
        })
        .await;
        let error = read(&server).await.unwrap_err();
        assert_eq!(error.class, ErrorClass::Server);
        assert!(error.what.ends_with(expected), "{}", error.what);
        assert_eq!(server.asked().len(), 1);
    }
}

#[tokio::test]
async fn a_server_where_nothing_works_is_a_failure() {
    let html = Loopback::start(|_| Said::text(200, "text/html", "<html>Sign in</html>")).await;
    let error = read(&html).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Garbage);
    assert!(error.what.contains("got an HTML page"), "{}", error.what);

    let refused = Loopback::start(|_| Said::json(401, "{}")).await;
    assert_eq!(read(&refused).await.unwrap_err().class, ErrorClass::Credentials);
    assert_eq!(refused.asked().len(), 1);
}

#[tokio::test]
async fn a_server_that_hangs_costs_no_more_than_the_round_is_given() {
    let hangs = Arc::new(AtomicBool::new(false));
    let hang_now = hangs.clone();
    let server = Loopback::start(move |asked| {
        let hang = hang_now.load(Ordering::Relaxed) && asked.path.contains("query");
        if hang { Said::Hang } else { rest(asked) }
    })
    .await;
    let source = source(server.settings());
    hangs.store(true, Ordering::Relaxed);
    let began = Deadline::after(Duration::from_mins(1));
    let ask = Ask { now: now(), within: Duration::from_secs(3), wanted: Vec::new() };
    let reading = source.read(&ask).await.unwrap();
    // Five signals hang: one after the other they would take five times as long.
    assert!(began.elapsed() < 3 * ask.within, "{:?}", began.elapsed());
    let Reading::Prometheus(reading) = reading else { panic!("{reading:?}") };
    assert_eq!((reading.failed_signals.len(), reading.targets.unwrap().len()), (5, 1));
    assert!(reading.failed_signals[0].1.contains("no answer within"), "{:?}", reading.failed_signals);
}

#[tokio::test]
async fn a_part_that_fails_is_unseen_and_one_that_is_not_offered_is_not() {
    let boom = || Said::text(500, "text/plain", "boom");
    for (path, said, unseen) in [
        ("/api/v1/targets", boom(), vec!["scrape targets"]),
        ("/api/v1/targets", Said::text(404, "text/plain", "no"), vec![]),
        // The list of alerts stands in, where there is one.
        ("/api/v1/rules", boom(), vec!["prometheus alerts"]),
        ("/api/v1/status/tsdb", boom(), vec![]),
        // Something else answers in its place: that there is nothing is not what it says.
        ("/api/v1/targets", Said::json(200, r#"{"status":"success","data":{}}"#), vec!["scrape targets"]),
        ("/api/v1/rules", Said::json(200, r#"{"status":"success","data":{}}"#), vec!["prometheus alerts"]),
        ("/api/v1/targets", Said::json(200, r#"{"status":"success","data":{"activeTargets":null}}"#), vec![]),
    ] {
        let server = Loopback::start(move |asked| if asked.path == path { said.clone() } else { rest(asked) }).await;
        let reading = read(&server).await.unwrap();
        let parts: Vec<_> = reading.unseen.iter().map(|part| part.what).collect();
        assert_eq!(parts, unseen, "{path}");
        assert!(reading.unseen.iter().all(|part| part.why.contains(path)), "what failed first: {:?}", reading.unseen);
    }
}

#[tokio::test]
async fn what_is_nice_to_know_does_not_hold_the_round_up() {
    let server = Loopback::start(|asked| if asked.path.contains("/status/") { Said::Hang } else { rest(asked) }).await;
    let ask = Ask { now: now(), within: Duration::from_secs(16), wanted: Vec::new() };
    let began = Deadline::after(ask.within);
    let Reading::Prometheus(reading) = source(server.settings()).read(&ask).await.unwrap() else { panic!() };
    assert!(began.elapsed() < ask.within / 2, "{:?}", began.elapsed());
    assert_eq!((reading.version, reading.targets.map(|targets| targets.len())), (None, Some(1)));
}

#[tokio::test]
async fn clocks_that_disagree_are_said_so() {
    let server = Loopback::start(rest).await;
    let source = source(server.settings());
    let two_minutes_late = now() + Duration::from_mins(2);
    let reading = read_at(&*source, two_minutes_late).await.unwrap();
    assert!(reading.problems[0].what.ends_with("its clock is 2m behind this machine's"), "{:?}", reading.problems);
}

#[tokio::test]
async fn a_chart_is_one_services_alone() {
    let server = Loopback::start(|asked| match asked.parameter("query") {
        query if query.starts_with("cpu") => {
            let start = asked.parameter("start").parse().unwrap();
            matrix(start, 3_600, &[(r#""service":"api.1""#, &["1"]), (r#""service":"apix1""#, &["9"])])
        }
        query if query.starts_with("errors") => {
            Said::json(422, r#"{"status":"error","errorType":"execution","error":"too many samples"}"#)
        }
        _ => rest(asked),
    })
    .await;
    let ask = ChartAsk { service: ServiceId::new("prod", "api.1"), span: Span::Week };
    let source = source(server.settings());
    let chart = source.chart(&ask, now()).await.unwrap();
    assert_eq!(source.requests(), 7);
    assert_eq!(chart.lines.iter().map(|(signal, ..)| *signal).collect::<Vec<_>>(), [Signal::Cpu]);
    let line = &chart.lines[0].2;
    assert_eq!((line.len(), line.last_known().map(|(_, value)| value)), (169, Some(1.0)));
    assert!(matches!(chart.problems.as_slice(), [(Signal::Errors, why)] if why.contains("too many samples")));
    let asked = server.asked();
    assert!(asked.iter().all(|asked| asked.parameter("step") == "3600" && asked.parameter("query").ends_with("[60m]")));
}

#[tokio::test]
async fn how_much_is_taken_in_is_asked_sample_by_sample() {
    let server = Loopback::start(|asked| match asked.parameter("query") {
        "prometheus_tsdb_head_samples_appended_total[3600s]" => {
            let start = now().as_second() - 30;
            matrix(
                start,
                15,
                &[(r#""type":"float""#, &["100", "400", "1000"]), (r#""type":"histogram""#, &["0", "0", "0"])],
            )
        }
        query if query.starts_with("sum(prometheus_tsdb_compaction") => vector(&[("", "1.5")]),
        _ => rest(asked),
    })
    .await;
    let ingest = source(server.settings()).ingest(now()).await.unwrap();
    let expected =
        Ingest { samples_per_second: 30.0, over: Duration::from_secs(30), servers: 1, bytes_per_sample: Some(1.5) };
    assert_eq!(ingest, Some(expected));

    let silent = Loopback::start(|asked| match asked.parameter("query") {
        query if query.ends_with("[3600s]") => Said::json(200, EMPTY_MATRIX),
        _ => rest(asked),
    })
    .await;
    assert_eq!(source(silent.settings()).ingest(now()).await.unwrap(), None);
}

#[tokio::test]
async fn the_doctor_says_which_metric_is_missing_and_how_to_go_on() {
    let server = Loopback::start(|asked| match asked.parameter("query") {
        query if query.starts_with("cpu") && asked.path == "/api/v1/query" => vector(&[(r#""service":"web""#, "1")]),
        _ => rest(asked),
    })
    .await;
    let checkups = source(server.settings()).checkups(now()).await;
    let line = |name: &str| checkups.iter().find(|line| line.name == name).unwrap_or_else(|| panic!("{checkups:?}"));
    assert!(line("reachable").detail.ends_with("is ready"));
    assert_eq!(line("version").detail, "2.42.0+ds");
    assert_eq!(line("targets").detail, "1 active target");
    assert_eq!(line("signal cpu").detail, "data for 1 service");
    let memory = line("signal memory");
    assert_eq!(memory.detail, "no service has data: nothing in memory");
    assert!(memory.next_step.as_ref().unwrap().contains("set prometheus.signals.memory"), "{memory:?}");
    let unreachable = source(crate::net::http::loopback::settings("http://127.0.0.1:1".parse().unwrap()));
    assert_eq!(unreachable.checkups(now()).await.len(), 1);
}
