use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::domain::Span;
use crate::net::aws::fake::{aws, settings};
use crate::net::http::loopback::{Asked, Loopback, Said};

/// Just enough of CBOR to answer: text, arrays, maps, floats and times.
enum Cbor {
    Text(String),
    Array(Vec<Cbor>),
    Map(Vec<(&'static str, Cbor)>),
    Float(f64),
    Time(f64),
}

impl Cbor {
    fn head(major: u8, len: usize, out: &mut Vec<u8>) {
        out.push((major << 5) | 0x1a);
        out.extend(u32::try_from(len).unwrap().to_be_bytes());
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Text(text) => {
                Self::head(3, text.len(), out);
                out.extend(text.as_bytes());
            }
            Self::Array(items) => {
                Self::head(4, items.len(), out);
                for item in items {
                    item.write(out);
                }
            }
            Self::Map(pairs) => {
                Self::head(5, pairs.len(), out);
                for (key, value) in pairs {
                    Self::Text((*key).to_owned()).write(out);
                    value.write(out);
                }
            }
            Self::Float(value) => {
                out.push(0xfb);
                out.extend(value.to_be_bytes());
            }
            Self::Time(seconds) => {
                out.push(0xc1);
                Self::Float(*seconds).write(out);
            }
        }
    }

    fn said(&self, status: u16) -> Said {
        let mut body = Vec::new();
        self.write(&mut body);
        let headers =
            vec![("smithy-protocol", "rpc-v2-cbor".to_owned()), ("content-type", "application/cbor".to_owned())];
        Said::Reply(status, headers, body)
    }
}

fn result(id: &str, status: &str, points: &[(f64, f64)]) -> Cbor {
    Cbor::Map(vec![
        ("Id", Cbor::Text(id.to_owned())),
        ("StatusCode", Cbor::Text(status.to_owned())),
        ("Timestamps", Cbor::Array(points.iter().map(|(at, _)| Cbor::Time(*at)).collect())),
        ("Values", Cbor::Array(points.iter().map(|(_, value)| Cbor::Float(*value)).collect())),
    ])
}

fn page(results: Vec<Cbor>, next: Option<&str>) -> Said {
    let mut answer = vec![("MetricDataResults", Cbor::Array(results))];
    answer.extend(next.map(|token| ("NextToken", Cbor::Text(token.to_owned()))));
    Cbor::Map(answer).said(200)
}

fn refused(code: &str, message: &str) -> Said {
    let text = |text: &str| Cbor::Text(text.to_owned());
    Cbor::Map(vec![("__type", text(code)), ("message", text(message))]).said(400)
}

/// Answers the calls with these, in order, and with the last one for ever.
fn script(answers: Vec<Said>) -> impl Fn(&Asked) -> Said + Send + Sync + 'static {
    let turn = AtomicUsize::new(0);
    move |asked| {
        assert!(asked.path.ends_with("/operation/GetMetricData"), "{}", asked.path);
        answers[turn.fetch_add(1, Ordering::SeqCst).min(answers.len() - 1)].clone()
    }
}

async fn source(answers: Vec<Said>) -> (Loopback, Arc<dyn Source>) {
    let server = Loopback::start(script(answers)).await;
    let source = open(&aws(settings(&server.url)));
    (server, source)
}

const NOW: i64 = 36_000;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn ask(second: i64, names: &[&str]) -> Ask {
    let wanted = names.iter().map(|name| ServiceId::new("prod", *name)).collect();
    Ask { now: at(second), within: Duration::from_mins(1), wanted }
}

async fn read(source: &Arc<dyn Source>, ask: Ask) -> Result<CloudWatchReading, SourceError> {
    match source.read(&ask).await? {
        Reading::CloudWatch(reading) => Ok(reading),
        other => panic!("{other:?}"),
    }
}

fn both(cpu: f64, memory: f64) -> Said {
    let at = 35_940.0;
    page(vec![result("m0", "Complete", &[(at, memory)]), result("c0", "Complete", &[(at, cpu)])], None)
}

#[tokio::test]
async fn nobody_wants_anything_and_nothing_is_asked() {
    let (server, source) = source(vec![both(1.0, 2.0)]).await;
    let reading = read(&source, ask(NOW, &[])).await.unwrap();
    assert_eq!(reading, CloudWatchReading::default());
    assert_eq!((server.asked().len(), source.requests()), (0, 0));
}

#[tokio::test]
async fn values_are_asked_once_a_period_and_new_services_by_themselves() {
    let (server, source) = source(vec![both(93.5, 40.0), both(11.0, 12.0), both(94.0, 41.0)]).await;
    let value = |reading: &CloudWatchReading, service: &str, signal| {
        let found = reading.signals.iter().find(|read| read.owner.service == service && read.signal == signal);
        found.and_then(|read| read.now.as_ref()).map(|now| (now.value, now.at.as_second()))
    };

    let first = read(&source, ask(NOW, &["api"])).await.unwrap();
    assert_eq!(value(&first, "api", Signal::Cpu), Some((93.5, 35_940)));
    assert_eq!(value(&first, "api", Signal::Memory), Some((40.0, 35_940)));
    assert_eq!((first.metrics_requested, first.newest), (2, Some(at(35_940))));
    assert_eq!(first.signals[0].series.as_ref().unwrap().len(), 60);

    let second = read(&source, ask(NOW + 59, &["api", "web"])).await.unwrap();
    assert_eq!(value(&second, "api", Signal::Cpu), Some((93.5, 35_940)), "not asked again within its period");
    assert_eq!(value(&second, "web", Signal::Cpu), Some((11.0, 35_940)));
    assert_eq!(second.metrics_requested, 2);

    let third = read(&source, ask(NOW + 60, &["api", "web"])).await.unwrap();
    assert_eq!(value(&third, "api", Signal::Cpu), Some((94.0, 35_940)));
    assert_eq!(value(&third, "web", Signal::Cpu), Some((11.0, 35_940)));
    assert_eq!(server.asked().len(), 3);
    assert_eq!(source.requests(), 3);
}

#[tokio::test]
async fn pages_are_followed_and_do_not_go_in_circles() {
    let first = page(vec![result("c0", "PartialData", &[(35_880.0, 1.0)])], Some("more"));
    let (_server, whole) = source(vec![first.clone(), both(2.0, 3.0)]).await;
    let reading = read(&whole, ask(NOW, &["api"])).await.unwrap();
    assert_eq!(reading.problems, []);
    let series = reading.signals[0].series.as_ref().unwrap();
    assert_eq!((series.get(58), series.get(59)), (Some(1.0), Some(2.0)));

    let (server, circle) = source(vec![first]).await;
    let error = read(&circle, ask(NOW, &["api"])).await.unwrap_err();
    assert_eq!((error.class, server.asked().len()), (ErrorClass::Garbage, 2));
}

#[tokio::test]
async fn results_that_failed_are_said_and_asked_for_again() {
    let broken = page(vec![result("c0", "InternalError", &[]), result("m0", "Complete", &[(35_940.0, 5.0)])], None);
    let (server, source) = source(vec![broken, both(1.0, 2.0)]).await;
    let reading = read(&source, ask(NOW, &["api"])).await.unwrap();
    assert_eq!(reading.signals.len(), 1);
    assert_eq!(reading.problems[0].class, ErrorClass::Server);
    assert_eq!(
        reading.problems[0].what,
        "cloudwatch:GetMetricData in eu-west-1: internal error for 1 metric: CPUUtilization of prod/api"
    );
    assert_eq!(read(&source, ask(NOW + 15, &["api"])).await.unwrap().signals.len(), 2);
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test]
async fn a_failing_call_fails_the_round_unless_something_else_is_known() {
    let denied = "User: me is not authorized to perform: cloudwatch:GetMetricData on resource: *";
    let (_server, source) = source(vec![both(1.0, 2.0), refused("com.amazonaws#AccessDenied", denied)]).await;
    read(&source, ask(NOW, &["api"])).await.unwrap();
    let reading = read(&source, ask(NOW + 30, &["api", "web"])).await.unwrap();
    assert_eq!((reading.signals.len(), reading.problems.len()), (2, 1));
    let error = read(&source, ask(NOW + 120, &["api"])).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Forbidden, "{error:?}");
    assert_eq!(error.hint.as_deref(), Some("allow cloudwatch:GetMetricData on * in the policy of these credentials"));
}

#[tokio::test]
async fn a_service_without_datapoints_has_no_signal() {
    let (_server, source) =
        source(vec![page(vec![result("c0", "Complete", &[]), result("m0", "Complete", &[])], None)]).await;
    let reading = read(&source, ask(NOW, &["api"])).await.unwrap();
    assert_eq!((reading.signals.len(), reading.problems.len(), reading.newest), (0, 0, None));
}

#[tokio::test]
async fn charts_come_in_few_points_and_are_kept_for_a_period() {
    let (server, source) = source(vec![both(93.0, 40.0)]).await;
    let ask = ChartAsk { service: ServiceId::new("prod", "api"), span: Span::Hours6 };
    let chart = source.chart(&ask, at(NOW)).await.unwrap();
    let lines: Vec<_> = chart.lines.iter().map(|(signal, source, series)| (*signal, *source, series.len())).collect();
    assert_eq!(lines, [(Signal::Cpu, SourceKind::CloudWatch, 180), (Signal::Memory, SourceKind::CloudWatch, 180)]);
    source.chart(&ask, at(NOW + 59)).await.unwrap();
    assert_eq!(server.asked().len(), 1);
    source.chart(&ask, at(NOW + 60)).await.unwrap();
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test]
async fn the_doctor_names_the_permission() {
    let denied = "User: me is not authorized to perform: cloudwatch:GetMetricData on resource: *";
    let (_server, source) = source(vec![page(Vec::new(), None), refused("AccessDenied", denied)]).await;
    let states: Vec<CheckupState> =
        [source.checkups(at(NOW)).await, source.checkups(at(NOW)).await].map(|found| found[0].state).into();
    assert_eq!(states, [CheckupState::Pass, CheckupState::Fail]);
}
