//! A runbook file: everything it says, or everything that is wrong with it.

use toml::de::DeValue;

use crate::domain::{Applies, CauseRow, CauseWords, InputKind, RunInput, Runbook, RunbookOrigin, Template};
use crate::format::parse_duration;
use crate::located::{Draft, Parsed, Refused, Text, one_of, parse};

use super::fields::{At, Fields, wrong};
use super::template::{Known, Scope};
use super::{flow, step};

/// The keys at the top of a file.
pub(super) const TOP: [&str; 6] = ["title", "about", "applies", "inputs", "causes", "steps"];
pub(super) const APPLIES: [&str; 3] = ["alerts", "labels", "runbook_url"];
pub(super) const INPUT: [&str; 3] = ["about", "kind", "default"];
pub(super) const CAUSE: [&str; 2] = ["means", "next"];

/// More steps than anybody follows at three in the morning.
pub(super) const MOST_STEPS: usize = 60;

/// Words in references that an input cannot be called.
const TAKEN: [&str; 4] = ["alert", "context", "steps", "fleet"];

/// Reads a runbook. `file` is what the user knows the file by.
///
/// # Errors
/// Everything that is wrong with it, each with its place.
pub(super) fn read(name: &str, file: &str, source: &str, origin: RunbookOrigin) -> Result<Runbook, Refused> {
    let (text, parsed) = parse(file, source);
    let mut found = Vec::new();
    let runbook = contents(name, &parsed, origin, &mut found);
    let mut drafts: Vec<&Draft> =
        parsed.errors.iter().chain(found.iter().filter(|draft| !parsed.explains(draft, &text))).collect();
    drafts.sort_by_key(|draft| draft.at.start);
    match runbook {
        Some(runbook) if drafts.is_empty() => Ok(runbook),
        _ => Err(refused(&text, &drafts)),
    }
}

fn refused(text: &Text, drafts: &[&Draft]) -> Refused {
    let mut problems: Vec<_> = drafts.iter().map(|draft| text.problem(draft)).collect();
    problems.dedup();
    Refused { problems }
}

fn contents(name: &str, parsed: &Parsed<'_>, origin: RunbookOrigin, drafts: &mut Vec<Draft>) -> Option<Runbook> {
    let top = Fields::new("a runbook", 0..0, parsed.tree.get_ref());
    top.only(&TOP, drafts);
    top.needs("title", "\"what it is about\"", drafts);
    let title = top.text("title", drafts).map(|title| title.value);
    let about = top.text("about", drafts).map(|about| about.value.trim().to_owned()).unwrap_or_default();
    let applies = top.table("applies", "[applies]", drafts).map(|table| applies(&table, drafts)).unwrap_or_default();
    let tables = steps(&top, drafts);
    let ids: Vec<Option<At<String>>> = tables.iter().map(|table| step::id(table, drafts)).collect();
    refuse_twice(&ids, drafts);
    let known: Vec<(String, Known)> = tables
        .iter()
        .zip(&ids)
        .map(|(table, id)| (id.as_ref().map(|id| id.value.clone()).unwrap_or_default(), step::known(table)))
        .collect();
    let inputs = top.table("inputs", "[inputs]", drafts).map(|table| inputs(&table, drafts)).unwrap_or_default();
    let names: Vec<String> = inputs.iter().map(|input| input.name.clone()).collect();
    let scope = Scope { inputs: &names, steps: &known, fleet: false };
    let count = tables.len();
    let placed: Vec<step::Placed> = tables
        .iter()
        .zip(ids)
        .filter_map(|(table, id)| {
            // A step without an id was told already; the rest of it is looked at all the same.
            let is_named = id.is_some();
            let id = id.unwrap_or_else(|| At { value: String::new(), at: table.at.clone() });
            step::read(table, id, scope, drafts).filter(|_| is_named)
        })
        .collect();
    let causes = top.table("causes", "[causes]", drafts).map(|table| causes(&table, scope, drafts)).unwrap_or_default();
    if placed.len() == count && count > 0 {
        drafts.extend(flow::check(&placed));
    }
    Some(Runbook {
        name: name.to_owned(),
        title: title?,
        about,
        origin,
        applies,
        inputs,
        steps: placed.into_iter().map(|placed| placed.step).collect(),
        causes,
    })
}

/// The tables of `[[steps]]`.
fn steps<'a>(top: &Fields<'a>, drafts: &mut Vec<Draft>) -> Vec<Fields<'a>> {
    let Some(entry) = top.get("steps") else {
        let draft = Draft::new(&top.at, "a runbook without steps").expected("expected at least one [[steps]]");
        drafts.push(draft.absence());
        return Vec::new();
    };
    let DeValue::Array(items) = entry.value.get_ref() else {
        wrong("steps", entry.value, "a list of tables: [[steps]]", drafts);
        return Vec::new();
    };
    if items.is_empty() || items.len() > MOST_STEPS {
        let what = if items.is_empty() { "a runbook without steps" } else { "a runbook with too many steps" };
        drafts.push(Draft::new(&entry.value.span(), what).expected(format!("expected 1 to {MOST_STEPS}")));
    }
    let mut tables = Vec::new();
    for item in items {
        match item.get_ref() {
            DeValue::Table(table) => tables.push(Fields::new("a step", item.span(), table)),
            _ => wrong("steps", item, "a table", drafts),
        }
    }
    tables
}

fn refuse_twice(ids: &[Option<At<String>>], drafts: &mut Vec<Draft>) {
    let given: Vec<&At<String>> = ids.iter().flatten().collect();
    for (position, id) in given.iter().enumerate() {
        if let Some(first) = given[..position].iter().find(|first| first.value == id.value) {
            let draft = Draft::new(&id.at, format!("two steps are called `{}`", id.value)).expected("given again here");
            drafts.push(draft.also(&first.at, "first given here").hint("give one of them another id"));
        }
    }
}

fn applies(table: &Fields<'_>, drafts: &mut Vec<Draft>) -> Applies {
    table.only(&APPLIES, drafts);
    let mut globs = |key: &str, what: &str| {
        let texts = table.texts(key, drafts);
        texts.iter().filter_map(|text| step::glob(text, what, drafts)).collect::<Vec<String>>()
    };
    let alerts = globs("alerts", "names of alerts");
    let runbook_urls = globs("runbook_url", "addresses");
    let mut labels = Vec::new();
    if let Some(table) = table.table("labels", "[applies.labels]", drafts) {
        for entry in table.entries() {
            if let Some(value) = table.text(entry.key, drafts)
                && let Some(value) = step::glob(&value, "values of a label", drafts)
            {
                labels.push((entry.key.to_owned(), value));
            }
        }
    }
    Applies { alerts, labels, runbook_urls }
}

fn inputs(table: &Fields<'_>, drafts: &mut Vec<Draft>) -> Vec<RunInput> {
    let mut inputs = Vec::new();
    for entry in table.entries() {
        let is_plain = !entry.key.is_empty() && entry.key.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        if !is_plain || TAKEN.contains(&entry.key) {
            let draft = Draft::new(&entry.key_at, format!("an input cannot be called `{}`", entry.key));
            let expected = format!("expected small letters and `_`, and none of {}", TAKEN.join(", "));
            drafts.push(draft.expected(expected));
            continue;
        }
        let name = format!("[inputs.{}]", entry.key);
        let Some(fields) = table.table(entry.key, &name, drafts) else { continue };
        fields.only(&INPUT, drafts);
        fields.needs("about", "\"what it means\"", drafts);
        let about = fields.text("about", drafts).map(|about| about.value).unwrap_or_default();
        let kind = match fields.text("kind", drafts) {
            None => InputKind::Text,
            Some(told) => {
                let known = InputKind::NAMES.iter().find(|(_, name)| *name == told.value).map(|(kind, _)| *kind);
                if known.is_none() {
                    let draft = Draft::new(&told.at, format!("`kind` cannot be `{}`", told.value));
                    drafts.push(draft.hint(one_of(&told.value, &InputKind::NAMES.map(|(_, name)| name))));
                }
                known.unwrap_or(InputKind::Text)
            }
        };
        let scope = Scope { inputs: &[], steps: &[], fleet: kind == InputKind::Service };
        let mut defaults: Vec<Template> = Vec::new();
        for told in fields.texts("default", drafts) {
            let Some(template) = scope.read(&told, drafts) else { continue };
            match (kind, template.literal()) {
                (InputKind::Duration, Some(literal)) => {
                    if let Err(why) = parse_duration(&literal) {
                        let draft = Draft::new(&told.at, format!("`default` is not a duration: `{literal}`"));
                        drafts.push(draft.expected(why));
                    }
                }
                (InputKind::Service, Some(_)) => {
                    step::glob(&told, "names of services", drafts);
                }
                _ => {}
            }
            defaults.push(template);
        }
        inputs.push(RunInput { name: entry.key.to_owned(), about, kind, defaults });
    }
    inputs
}

fn causes(table: &Fields<'_>, scope: Scope<'_>, drafts: &mut Vec<Draft>) -> Vec<CauseWords> {
    let mut causes = Vec::new();
    let mut known: Vec<&str> =
        scope.steps.iter().flat_map(|(_, step)| causes_of(*step)).map(|cause| cause.name).collect();
    known.sort_unstable();
    known.dedup();
    let is_clear = scope.steps.iter().all(|(_, step)| *step != Known::Unclear);
    for entry in table.entries() {
        if is_clear && !known.contains(&entry.key) {
            let draft = Draft::new(&entry.key_at, format!("no step's check ever names the cause `{}`", entry.key));
            drafts.push(draft.hint(one_of(entry.key, &known)));
        }
        let name = format!("[causes.{}]", entry.key);
        let Some(fields) = table.table(entry.key, &name, drafts) else { continue };
        fields.only(&CAUSE, drafts);
        fields.needs("means", "\"what it means\"", drafts);
        let mut words = |key: &str| {
            let text = fields.text(key, drafts)?;
            scope.read(&text, drafts)
        };
        let (means, next) = (words("means"), words("next"));
        if let Some(means) = means {
            causes.push(CauseWords { name: entry.key.to_owned(), means, next });
        }
    }
    causes
}

/// What the check of a step may find to be the matter.
fn causes_of(step: Known) -> &'static [CauseRow] {
    match step {
        Known::Check(kind) => kind.row().causes,
        Known::Change | Known::Note | Known::Unclear => &[],
    }
}
