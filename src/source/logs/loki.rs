//! Loki: `query_range`, directly or through Grafana's proxy, the newest lines first and page by page backwards.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;

use super::{LogSource, line, newest, task_id};
use crate::config;
use crate::domain::{ErrorClass, LogAsk, LogLine, LogOrigin, LogPage, LogScope, SourceError};
use crate::format::sanitise;
use crate::net::Meter;
use crate::net::door::{DataSourceKind, Door};
use crate::net::http::{Call, Clients, Deadline, WRONG_SERVER};
use crate::source::Answer;

/// Lines a page; servers refuse more than 5,000 by default, and some less.
const PAGE: usize = 1_000;

/// One context's Loki.
pub(super) struct Loki {
    door: Door,
    selector: String,
    task_label: Option<String>,
    container_label: Option<String>,
}

impl Loki {
    pub(super) fn open(settings: &config::Loki, grafana: Option<&config::Grafana>, clients: &Clients) -> Self {
        Self {
            door: Door::open(&settings.reach, grafana, DataSourceKind::Loki, clients, Meter::default()),
            selector: settings.selector.clone(),
            task_label: settings.task_label.clone(),
            container_label: settings.container_label.clone(),
        }
    }

    /// The query of a service's lines: the configured selector, the tasks, the pattern.
    fn query(&self, scope: &LogScope) -> String {
        let selector = self.selector.trim();
        let mut query = selector
            .replace("$service", &escaped(&scope.service.name))
            .replace("$cluster", &escaped(&scope.service.cluster));
        if let Some(label) = self.task_label.as_ref().filter(|_| !scope.tasks.is_empty()) {
            let tasks: Vec<String> = scope.tasks.iter().map(|task| escaped(&regex::escape(task))).collect();
            let matcher = format!(r#"{label}=~"(.*/)?({}).*""#, tasks.join("|"));
            // A selector that is only braces has nothing a comma could follow.
            let comma = if query.starts_with("{}") { "" } else { ", " };
            if let Some(end) = query.find('}') {
                query.insert_str(end, &format!("{comma}{matcher}"));
            }
        }
        match scope.pattern.as_deref().map(str::trim) {
            None | Some("") => query,
            // LogQL of one's own: `|= "x" != "y" | json | level="error"`.
            Some(stages) if stages.starts_with(['|', '!']) => format!("{query} {stages}"),
            Some(text) => format!(r#"{query} |= "{}""#, escaped(text)),
        }
    }

    async fn page(&self, query: &str, from: i128, to: i128, deadline: Deadline) -> Result<Vec<Stream>, SourceError> {
        let call = Call::get("/loki/api/v1/query_range", deadline)
            .with("query", query)
            .with("start", from.to_string())
            .with("end", to.to_string())
            .with("limit", PAGE.to_string())
            .with("direction", "backward");
        let reply = self.door.send(&call).await?;
        let envelope: Envelope = reply.json()?;
        match envelope.data {
            Data { result_type, result } if result_type == "streams" => Ok(result),
            other => {
                let what = format!("{}: the query gives {}, not lines", reply.call, sanitise(&other.result_type));
                Err(SourceError::new(ErrorClass::Rejected, what).with_hint(WRONG_SERVER))
            }
        }
    }

    fn origin(&self, stream: &Stream) -> LogOrigin {
        let label = |name: &Option<String>| {
            let value = stream.stream.get(name.as_deref()?)?;
            (!value.is_empty()).then_some(value.as_str())
        };
        let task =
            label(&self.task_label).map(|value| task_id(value).unwrap_or(value.rsplit('/').next().unwrap_or(value)));
        let labels: Vec<String> = stream.stream.iter().map(|(name, value)| format!("{name}={value}")).collect();
        LogOrigin {
            task: task.map(|task| sanitise(task).into_owned()),
            container: label(&self.container_label).map(|name| sanitise(name).into_owned()),
            stream: sanitise(&labels.join(" ")).into_owned(),
        }
    }
}

impl LogSource for Loki {
    fn place(&self) -> String {
        format!("loki, {}", self.door.place())
    }

    fn requests(&self) -> u64 {
        self.door.requests()
    }

    fn read<'a>(&'a self, ask: &'a LogAsk, within: Duration) -> Answer<'a, Result<LogPage, SourceError>> {
        Box::pin(async move {
            let deadline = Deadline::after(within);
            self.door.prepare(deadline).await?;
            let query = self.query(&ask.scope);
            let from = ask.from.as_nanosecond();
            // Lines of clocks that are fast are wanted too, where nothing bounds the stretch.
            let mut to = ask.to.map_or(ask.now.as_nanosecond() + 3_600_000_000_000, Timestamp::as_nanosecond);
            let mut origins: HashMap<String, Arc<LogOrigin>> = HashMap::new();
            let mut seen = HashSet::new();
            let mut page = LogPage::default();
            let mut lines: Vec<LogLine> = Vec::new();
            while to > from {
                let streams = match self.page(&query, from, to, deadline).await {
                    Ok(streams) => streams,
                    Err(error) if error.class == ErrorClass::Timeout && !lines.is_empty() => {
                        page.cut_before = Timestamp::from_nanosecond(to).ok();
                        page.notes.push("older lines were not read: the time for reading was used up".to_owned());
                        break;
                    }
                    Err(error) => return Err(error),
                };
                let (mut count, mut fresh, mut oldest) = (0, 0, to);
                for stream in &streams {
                    let origin = self.origin(stream);
                    let origin = origins.entry(origin.stream.clone()).or_insert_with(|| Arc::new(origin)).clone();
                    for value in &stream.values {
                        count += 1;
                        let Some(nanos) = value.nanos() else { continue };
                        oldest = oldest.min(nanos);
                        let Ok(at) = Timestamp::from_nanosecond(nanos) else { continue };
                        let line = line(&origin, at, value.text(), None);
                        // Nanoseconds tell lines apart that milliseconds do not.
                        let line = LogLine { id: line.id ^ nanos_hash(nanos), ..line };
                        if seen.insert(line.id) {
                            fresh += 1;
                            if ask.scope.wants(line.origin.task.as_deref()) || self.task_label.is_none() {
                                lines.push(line);
                            }
                        }
                    }
                }
                if count < PAGE {
                    break;
                }
                if lines.len() >= ask.most {
                    page.cut_before = Timestamp::from_nanosecond(oldest).ok();
                    break;
                }
                // The end is not included: lines of the oldest instant that did not fit come with the next page, and are
                // told from those that did by what they say. A page of one instant alone is stepped over.
                to = if fresh == 0 { oldest } else { oldest + 1 };
            }
            let surplus = lines.len() > ask.most;
            page.lines = newest(lines, ask.most);
            if surplus {
                page.cut_before = page.lines.first().map(|line| line.at);
            }
            if !ask.scope.tasks.is_empty() && self.task_label.is_none() {
                page.notes.push("lines of every task: the configuration names no task_label for loki".to_owned());
            }
            Ok(page)
        })
    }
}

fn nanos_hash(nanos: i128) -> u64 {
    u64::try_from(nanos.rem_euclid(1_000_000)).unwrap_or_default().wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// A text inside of `LogQL`'s double quotes.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[derive(Debug, Deserialize)]
struct Envelope {
    data: Data,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    result_type: String,
    #[serde(default)]
    result: Vec<Stream>,
}

#[derive(Debug, Deserialize)]
struct Stream {
    #[serde(default)]
    stream: BTreeMap<String, String>,
    #[serde(default)]
    values: Vec<Entry>,
}

/// `["1700000000000000000", "text"]`, and with structured metadata a third part that is not needed here.
#[derive(Debug, Deserialize)]
struct Entry(Vec<serde_json::Value>);

impl Entry {
    fn nanos(&self) -> Option<i128> {
        self.0.first()?.as_str()?.parse().ok()
    }

    fn text(&self) -> &str {
        self.0.get(1).and_then(serde_json::Value::as_str).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::sync::Mutex;

    use super::*;
    use crate::domain::{LogLevel, ServiceId};
    use crate::net::http::loopback::{Asked, Loopback, Said};

    /// FAKE of Loki's `query_range`, after its API reference: time bounds, limit, direction.
    async fn fake(lines: Vec<(i128, &'static str)>) -> (Loopback, Arc<Mutex<Vec<String>>>) {
        let queries = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&queries);
        let server = Loopback::start(move |asked: &Asked| {
            assert_eq!(asked.path, "/loki/api/v1/query_range");
            log.lock().unwrap().push(asked.parameter("query").to_owned());
            let number = |name| asked.parameter(name).parse::<i128>().unwrap();
            let mut found: Vec<_> =
                lines.iter().filter(|(at, _)| (number("start")..number("end")).contains(at)).collect();
            found.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
            let mut values = String::new();
            for (at, text) in found.into_iter().take(usize::try_from(number("limit")).unwrap()) {
                let comma = if values.is_empty() { "" } else { "," };
                write!(values, "{comma}[\"{at}\",{}]", serde_json::json!(text)).unwrap();
            }
            Said::json(200, format!(
                r#"{{"status":"success","data":{{"resultType":"streams","result":[{{"stream":{{"service":"web","task":"arn:aws:ecs:x:1:task/prod/0123456789abcdef0123456789abcdef"}},"values":[{values}]}}]}}}}"#
            ))
        })
        .await;
        (server, queries)
    }

    fn loki(server: &Loopback, task_label: Option<&str>) -> Loki {
        let settings = config::Loki {
            reach: config::Reach::Direct(server.settings()),
            selector: r#"{service="$service"}"#.to_owned(),
            task_label: task_label.map(str::to_owned),
            container_label: None,
        };
        Loki::open(&settings, None, &Clients::default())
    }

    fn ask(most: usize) -> LogAsk {
        let at = |second| Timestamp::from_second(second).unwrap();
        LogAsk { scope: LogScope::of(ServiceId::new("prod", "web")), from: at(0), to: None, now: at(100), most }
    }

    #[tokio::test]
    async fn pages_are_read_backwards_until_there_is_enough() {
        const TEXTS: [&str; 2] = ["level=info a", "level=error b\x1b[2J"];
        let lines: Vec<_> = (0..2_500_i128).map(|n| (n * 10_000_000, TEXTS[usize::from(n % 2 == 1)])).collect();
        let (server, queries) = fake(lines).await;
        let loki = loki(&server, Some("task"));
        let all = loki.read(&ask(10_000), Duration::from_secs(5)).await.unwrap();
        assert_eq!((all.lines.len(), all.cut_before), (2_500, None));
        assert!(all.lines.is_sorted_by_key(|line| line.at));
        assert_eq!(&*all.lines[1].text, "level=error b\\u{1b}[2J");
        assert_eq!(all.lines[1].level, Some(LogLevel::Error));
        assert_eq!(all.lines[0].origin.short(), "01234567");
        assert_eq!(queries.lock().unwrap().len(), 3);
        let some = loki.read(&ask(1_500), Duration::from_secs(5)).await.unwrap();
        assert_eq!(some.lines.len(), 1_500);
        assert_eq!(some.cut_before, some.lines.first().map(|line| line.at));
    }

    #[tokio::test]
    async fn more_lines_at_one_instant_than_a_page_holds_do_not_hang() {
        let lines: Vec<_> = (0..1_200).map(|_| (5_000_000_000, "same")).chain([(1, "first")]).collect();
        let (server, _) = fake(lines).await;
        let page = loki(&server, None).read(&ask(10_000), Duration::from_secs(5)).await.unwrap();
        assert_eq!(page.lines.iter().map(|line| &*line.text).collect::<Vec<_>>(), ["first", "same"]);
    }

    #[tokio::test]
    async fn names_and_patterns_cannot_break_out_of_the_query() {
        let (server, _) = fake(Vec::new()).await;
        let loki = loki(&server, Some("task"));
        let mut scope = LogScope::of(ServiceId::new("prod", r#"we"b"#));
        scope.tasks = vec!["ab.c".to_owned()];
        scope.pattern = Some(r#"say "x""#.to_owned());
        assert_eq!(loki.query(&scope), r#"{service="we\"b", task=~"(.*/)?(ab\\.c).*"} |= "say \"x\"""#);
        scope.pattern = Some(r#"| json | level="error""#.to_owned());
        assert!(loki.query(&scope).ends_with(r#"} | json | level="error""#));
    }

    #[tokio::test]
    async fn a_refusal_is_told_in_lokis_own_words() {
        let server = Loopback::start(|_| Said::text(400, "text/plain", "parse error at line 1, col 2")).await;
        let error = loki(&server, None).read(&ask(10), Duration::from_secs(5)).await.unwrap_err();
        assert!(error.what.contains("parse error at line 1, col 2"), "{}", error.what);
    }
}
