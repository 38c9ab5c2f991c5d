//! A service's log: the lines that say what is wrong, those alike counted together.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Case;
use super::tally::Tally;
use super::who;
use crate::domain::{Check, CheckState, LogAsk, LogLevel, LogLine, LogScope};
use crate::format;

/// How far back, where nothing else is asked for.
const SINCE: Duration = Duration::from_hours(1);

/// How many lines are read, and how long that may take.
const LINES: usize = 5_000;
const WITHIN: Duration = Duration::from_secs(15);

/// How many kinds of lines are shown.
const SHOWN: usize = 8;

/// The longest line shown, in cells.
const WIDEST: usize = 240;

/// Plain errors are a finding from this share of all lines on, and from this many on.
const SHARE: f64 = 0.02;
const SOME: usize = 5;

/// What lines say is the matter.
const WORDS: [(&str, &str); 14] = [
    ("lock db directory", "lock-held"),
    ("database is locked", "lock-held"),
    ("no space left", "storage-full"),
    ("out of memory", "out-of-memory"),
    ("outofmemory", "out-of-memory"),
    ("oomkilled", "out-of-memory"),
    ("accessdenied", "denied"),
    ("not authorized to perform", "denied"),
    ("unauthorizedoperation", "denied"),
    ("no such host", "name-unresolved"),
    ("connection refused", "connection-refused"),
    ("i/o timeout", "connect-timeout"),
    ("context deadline exceeded", "connect-timeout"),
    ("connection timed out", "connect-timeout"),
];

/// Lines that are alike.
#[derive(Default)]
struct Kind<'l> {
    lines: usize,
    newest: Option<&'l LogLine>,
    cause: Option<&'static str>,
    is_fatal: bool,
    /// One task wrote all of them.
    is_of_one: bool,
}

/// Reads it.
pub async fn judge<E>(case: &Case<'_, E>, check: &Check, tally: &mut Tally)
where
    E: Send + Sync,
{
    let Some(service) = who::service(case, check, tally) else { return };
    let Some(source) = case.logs else {
        tally.unknown("where logs are is not configured in this context", "logs");
        tally.next("give the context an [aws] table, or logs.loki");
        return;
    };
    let since = match check.told("since").map(format::parse_duration) {
        Some(Ok(since)) => since,
        Some(Err(why)) => {
            tally.unknown(format!("since: {why}"), check.to_string());
            return;
        }
        None => SINCE,
    };
    let from = case.now.checked_sub(jiff::SignedDuration::try_from(since).unwrap_or_default()).unwrap_or(case.now);
    let pattern = check.told("pattern").map(str::to_owned);
    let scope = LogScope { pattern: pattern.clone(), ..LogScope::of(service.id.clone()) };
    let ask = LogAsk { scope, from, to: None, now: case.now, most: LINES };
    let place = format!("{}, {}", source.place(), service.id);
    let page = match source.read(&ask, WITHIN).await {
        Ok(page) => page,
        Err(error) => {
            tally.unseen(&format!("the log of {}", service.id.name), &error, place);
            return;
        }
    };
    for note in &page.notes {
        tally.pass(note.clone(), place.clone());
    }
    if let Some(cut) = page.cut_before {
        let text = format!("only the last {LINES} lines were read, from {} ago on", format::age(cut, case.now));
        tally.pass(text, place.clone());
    }
    let asked = Asked { service: &service.id.name, is_filtered: pattern.is_some(), since, place: &place };
    told(case, &page.lines, &asked, tally);
}

/// What was asked for.
struct Asked<'a> {
    service: &'a str,
    /// The lines were chosen by a pattern.
    is_filtered: bool,
    since: Duration,
    place: &'a str,
}

fn told<E>(case: &Case<'_, E>, lines: &[LogLine], asked: &Asked<'_>, tally: &mut Tally) {
    let &Asked { service, is_filtered, since, place } = asked;
    let mut kinds: BTreeMap<String, Kind<'_>> = BTreeMap::new();
    for line in lines {
        let lower = line.text.to_lowercase();
        let cause = WORDS.iter().find(|(words, _)| lower.contains(words)).map(|(_, cause)| *cause);
        let is_fatal = line.level == Some(LogLevel::Fatal) || lower.starts_with("panic") || lower.contains("\npanic:");
        let is_error = line.level.is_some_and(|level| level >= LogLevel::Error);
        if !(is_filtered || is_fatal || is_error || cause.is_some()) {
            continue;
        }
        let kind = kinds.entry(shape(&line.text)).or_default();
        kind.lines += 1;
        kind.is_of_one =
            kind.newest.is_none_or(|before| kind.is_of_one && before.origin.short() == line.origin.short());
        kind.newest = Some(line);
        kind.cause = kind.cause.or(cause);
        kind.is_fatal |= is_fatal;
    }
    let bad: usize = kinds.values().map(|kind| kind.lines).sum();
    let all = format::count(lines.len(), "line");
    let window = format::duration(since);
    if lines.is_empty() {
        let what = if is_filtered { "no line fits" } else { "it says nothing" };
        tally.pass(format!("{what} in the last {window}"), place);
        return;
    }
    let is_much = bad >= SOME && bad as f64 >= SHARE * lines.len() as f64;
    let mut sorted: Vec<&Kind<'_>> = kinds.values().collect();
    sorted.sort_by_key(|kind| std::cmp::Reverse((kind.is_fatal || kind.cause.is_some(), kind.lines)));
    for kind in sorted.iter().take(SHOWN) {
        let Some(newest) = kind.newest else { continue };
        let serious = kind.is_fatal || kind.cause.is_some_and(|cause| !cause.starts_with("connect"));
        let state = match (serious, is_much || is_filtered) {
            (true, _) => CheckState::Fail,
            (false, true) => CheckState::Warn,
            (false, false) => CheckState::Pass,
        };
        let age = format::age(newest.at, case.now);
        let said = format::shape(&newest.text).map_or_else(|| newest.text.to_string(), |shape| shape.line());
        let text = format::clip(&said.replace('\n', " "), WIDEST);
        tally.note(
            state,
            format!("{}, last {age} ago, task {}: {text}", format::count(kind.lines, "time"), newest.origin.short()),
            place,
        );
        if state != CheckState::Pass {
            tally.cause("error-lines");
            if let Some(cause) = kind.cause {
                tally.cause(cause);
            }
        }
    }
    if kinds.len() > SHOWN {
        tally.pass(format!("and {} other kinds of lines", kinds.len() - SHOWN), place);
    }
    let only = only_task(lines, &kinds).map(|task| format!(", all of task {task}")).unwrap_or_default();
    let summary = format!("{bad} of {all} in the last {window} say that something is wrong{only}");
    if tally.has("error-lines") {
        tally.next(format!("read around them: rounds logs {} --since {window}", format::shell_word(service)));
        tally.summary(match sorted.iter().find_map(|kind| kind.cause) {
            Some(cause) => format!("{summary}: {cause}"),
            None => summary,
        });
    } else {
        tally.pass(summary.clone(), place);
        tally.summary(summary);
    }
}

/// The task that all bad lines are of, where others have written too.
fn only_task<'l>(lines: &'l [LogLine], kinds: &BTreeMap<String, Kind<'l>>) -> Option<&'l str> {
    let first = kinds.values().find_map(|kind| kind.newest)?.origin.short();
    let is_one =
        kinds.values().all(|kind| kind.is_of_one && kind.newest.is_some_and(|line| line.origin.short() == first));
    let has_others = lines.iter().any(|line| line.origin.short() != first);
    (is_one && has_others).then_some(first)
}

/// A line without what differs from one to the next: numbers, ids, times, what is quoted.
fn shape(text: &str) -> String {
    let first = text.lines().next().unwrap_or_default();
    let words = first.split(|c: char| !c.is_alphabetic()).filter(|word| {
        let is_hex = word.len() >= 6 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        word.len() > 2 && !is_hex
    });
    words.take(12).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_differ_in_numbers_only_are_alike() {
        let one = shape("2026-11-23T00:00:01Z GET /v1/orders/812 failed: timeout after 31ms");
        assert_eq!(one, shape("2026-11-24T10:20:31Z GET /v1/orders/9 failed: timeout after 4ms"));
        assert_ne!(one, shape("2026-11-24T10:20:31Z POST /v1/orders/9 failed: timeout after 4ms"));
    }
}
