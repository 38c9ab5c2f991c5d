//! Changes of no service: silences, notes, Prometheus' configuration.

use super::{Setting, Sketch, line};
use crate::domain::{Change, Objection, ObjectionKind, Refusal, Silence, SilenceAsk, SourceKind, Stage};
use crate::exec::{Deed, Note, PrometheusFacts};
use crate::format;

pub(super) fn silence(ask: &SilenceAsk, place: &str, setting: &Setting<'_>) -> Sketch {
    let matchers: Vec<String> = ask.matchers.iter().map(ToString::to_string).collect();
    let matchers = matchers.join(" ");
    let lasts = format::duration(ask.lasts);
    let mut objections = Vec::new();
    if !ask.matchers.iter().any(says_something) {
        objections.push(Objection {
            kind: ObjectionKind::Unsupported,
            text: "at least one matcher must ask for a text that is not empty: this would silence everything"
                .to_owned(),
        });
    }
    if ask.lasts.is_zero() {
        objections.push(Objection {
            kind: ObjectionKind::Pointless,
            text: "a silence that lasts no time silences nothing".to_owned(),
        });
    }
    Sketch {
        change: Change::Silence(ask.clone()),
        deed: Some(Deed::Silence { ask: ask.clone(), by: setting.who.name().to_owned() }),
        title: format!("silence {matchers} for {lasts}"),
        lines: vec![
            line("now", format!("{place} notifies of what matches")),
            line("after", format!("alerts that match {matchers} notify nobody for {lasts}")),
            line("comment", ask.comment.clone()),
        ],
        blast: None,
        objections,
        stages: vec![Stage::Call, Stage::ReadBack],
        basis: format!("silence {matchers} {} in {}", ask.lasts.as_secs(), ask.source),
    }
}

/// Whether a matcher can be met only by a label that is there.
fn says_something(matcher: &crate::domain::Matcher) -> bool {
    match (matcher.is_negated, matcher.is_regex) {
        (false, false) => !matcher.value.is_empty(),
        // What fits the empty text fits every alert without that label.
        (false, true) => !matches!(matcher.value.as_str(), "" | ".*" | "^.*$" | "(.*)" | ".*?"),
        (true, _) => matcher.value.is_empty(),
    }
}

pub(super) fn expire(
    asked: &str,
    source: SourceKind,
    silences: &[Silence],
    setting: &Setting<'_>,
) -> Result<Sketch, Refusal> {
    let here: Vec<&Silence> = silences.iter().filter(|silence| silence.source == source).collect();
    let fits: Vec<&Silence> =
        here.iter().copied().filter(|silence| !asked.is_empty() && silence.id.starts_with(asked)).collect();
    let found = match fits.as_slice() {
        [one] => *one,
        [] => {
            let ids: Vec<&str> = here.iter().take(10).map(|silence| silence.id.as_str()).collect();
            let hint = if ids.is_empty() {
                format!("{source} has no silence in force")
            } else {
                format!("in force: {}", ids.join(", "))
            };
            return Err(
                Refusal::new(format!("{source} has no silence {} in force", format::clip(asked, 40))).with_hint(hint)
            );
        }
        several => {
            let ids: Vec<&str> = several.iter().map(|silence| silence.id.as_str()).collect();
            return Err(Refusal::new(format!(
                "{} fits {} silences: {}",
                format::clip(asked, 40),
                several.len(),
                ids.join(", ")
            ))
            .with_hint("give more of the id"));
        }
    };
    let left = found.ends_at.map_or_else(|| "no end".to_owned(), |at| format!("{} left", format::age(setting.now, at)));
    Ok(Sketch {
        change: Change::ExpireSilence { id: found.id.clone(), source },
        deed: Some(Deed::Expire { id: found.id.clone(), source }),
        title: format!("expire silence {}", found.id.get(..8).unwrap_or(&found.id)),
        lines: vec![
            line("now", format!("{} silenced by {}, {left}", found.matchers.join(" "), found.created_by)),
            line("comment", found.comment.clone()),
            line("after", "alerts that match notify again".to_owned()),
        ],
        blast: None,
        objections: Vec::new(),
        stages: vec![Stage::Call, Stage::ReadBack],
        basis: format!("silence {} {}", found.id, found.matchers.join(" ")),
    })
}

pub(super) fn annotate(text: &str, tags: &[String], place: &str, setting: &Setting<'_>) -> Sketch {
    let tags: Vec<String> =
        std::iter::once("rounds".to_owned()).chain(tags.iter().filter(|tag| *tag != "rounds").cloned()).collect();
    let shown = tags.join(", ");
    let mut objections = Vec::new();
    if text.trim().is_empty() {
        objections
            .push(Objection { kind: ObjectionKind::Pointless, text: "a note without a text says nothing".to_owned() });
    }
    Sketch {
        change: Change::Annotate { text: text.to_owned(), tags: tags.clone() },
        deed: Some(Deed::Annotate(Note { text: text.to_owned(), tags, at: setting.now })),
        title: format!("annotate: {}", format::clip(text, 60)),
        lines: vec![line(
            "after",
            format!("every dashboard of {place} that shows annotations shows it, tagged {shown}"),
        )],
        blast: None,
        objections,
        stages: vec![Stage::Call, Stage::ReadBack],
        basis: format!("annotate {text} {shown}"),
    }
}

pub(super) fn reload(facts: &PrometheusFacts, setting: &Setting<'_>) -> Sketch {
    let now = match (facts.last_reload, facts.last_reload_ok) {
        (Some(at), Some(false)) => {
            format!("its last reload failed; the last that worked was {} ago", format::age(at, setting.now))
        }
        (Some(at), _) => format!("it read its configuration {} ago", format::age(at, setting.now)),
        (None, Some(false)) => "its last reload failed".to_owned(),
        (None, _) => "it does not say when it last read its configuration".to_owned(),
    };
    let closed = facts.closed.iter().map(|why| Objection { kind: ObjectionKind::Unsupported, text: why.clone() });
    Sketch {
        change: Change::ReloadPrometheus,
        deed: Some(Deed::Reload),
        title: "reload prometheus".to_owned(),
        lines: vec![
            line("now", now),
            line(
                "after",
                format!(
                    "{} reads its configuration and rules again; a file it cannot read alters nothing, rules that are \
                     wrong leave the rest of the new configuration in force",
                    facts.place
                ),
            ),
        ],
        blast: None,
        objections: closed.collect(),
        stages: vec![Stage::Call, Stage::ReadBack],
        basis: format!("reload {}", facts.place),
    }
}
