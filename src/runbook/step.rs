//! One `[[steps]]` table.

use std::ops::Range;

use glob::Pattern;
use toml::de::DeValue;

use crate::domain::{ChangeKind, CheckKind, Condition, Deed, Next, Reference, Step, StepState, Template};
use crate::located::{Draft, did_you_mean, listed, one_of};

use super::fields::{At, Fields, wrong};
use super::options;
use super::template::{Known, Scope};

/// Every key a step can have.
pub(super) const KEYS: [&str; 14] = [
    "id",
    "title",
    "when",
    "check",
    "change",
    "note",
    "with",
    "commands",
    "on_pass",
    "on_fail",
    "on_unknown",
    "timeout",
    "wait",
    "optional",
];

/// The keys that say what a step does.
pub(super) const DEEDS: [&str; 3] = ["check", "change", "note"];

/// The keys that only a check has.
pub(super) const OF_CHECKS: [&str; 6] = ["on_pass", "on_fail", "on_unknown", "timeout", "wait", "optional"];

/// The longest id: it must fit a line with its words beside it.
const LONGEST_ID: usize = 24;

/// A step with the places of what the flow of the whole depends on.
pub(super) struct Placed {
    pub(super) step: Step,
    pub(super) id_at: Range<usize>,
    /// Where it says where to go on after a pass, a failure, and when nothing could be found out.
    pub(super) next_at: [Option<Range<usize>>; 3],
    /// The earlier steps it refers to, with the place of the reference.
    pub(super) uses: Vec<(usize, Range<usize>)>,
}

/// The id of a step, where it has one that can be one.
pub(super) fn id(fields: &Fields<'_>, drafts: &mut Vec<Draft>) -> Option<At<String>> {
    fields.needs("id", "\"a-short-name\"", drafts);
    let id = fields.text("id", drafts)?;
    let is_plain = id.value.starts_with(|c: char| c.is_ascii_lowercase())
        && id.value.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if !is_plain || id.value.len() > LONGEST_ID {
        let expected = format!("expected up to {LONGEST_ID} small letters, digits and `-`, a letter first");
        drafts.push(Draft::new(&id.at, format!("`id` cannot be `{}`", id.value)).expected(expected));
        return None;
    }
    Some(id)
}

/// What the step is, as far as references to it need to know. Refuses nothing: that is done when the step is read.
pub(super) fn known(fields: &Fields<'_>) -> Known {
    if let Some(check) = fields.text("check", &mut Vec::new()) {
        return CheckKind::named(&check.value).map_or(Known::Unclear, Known::Check);
    }
    match (fields.get("change"), fields.get("note")) {
        (Some(_), _) => Known::Change,
        (None, Some(_)) => Known::Note,
        (None, None) => Known::Unclear,
    }
}

/// Reads a step whose id is known. `None` where it cannot be read; why is among the drafts.
pub(super) fn read(fields: &Fields<'_>, id: At<String>, scope: Scope<'_>, drafts: &mut Vec<Draft>) -> Option<Placed> {
    let before = drafts.len();
    fields.only(&KEYS, drafts);
    fields.needs("title", "\"what people call it\"", drafts);
    let title = fields.text("title", drafts).map(|title| title.value).unwrap_or_default();
    let mut uses = Vec::new();
    let deed = deed(fields, scope, drafts);
    let kind = deed.as_ref().map(|deed| matches!(deed, Deed::Check { .. }));
    if kind == Some(false) {
        for entry in fields.entries().iter().filter(|entry| OF_CHECKS.contains(&entry.key)) {
            let draft = Draft::new(&entry.key_at, format!("`{}` is for checks", entry.key));
            drafts.push(draft.hint("leave it out: what a change comes to is asked for by `when` in later steps"));
        }
    }
    let when = conditions(fields, scope, &mut uses, drafts);
    let nexts = ["on_pass", "on_fail", "on_unknown"].map(|key| next(fields, key, scope, drafts));
    // Everything is looked at, whatever else is wrong with the step.
    let timeout = fields.duration("timeout", drafts).map(|length| length.value);
    let wait = fields.duration("wait", drafts).map(|length| length.value);
    let optional = fields.flag("optional", drafts);
    let step = Step {
        id: id.value,
        title,
        when,
        deed: deed?,
        on_pass: nexts[0].0,
        on_fail: nexts[1].0,
        on_unknown: nexts[2].0,
        timeout,
        wait,
        optional,
    };
    if drafts.len() > before {
        return None;
    }
    let with_at = ["with", "note", "change", "check"].iter().find_map(|key| fields.get(key));
    let with_at = with_at.map_or(id.at.clone(), |entry| entry.value.span());
    uses.extend(step.templates().into_iter().flat_map(used).map(|step| (step, with_at.clone())));
    Some(Placed { step, id_at: id.at, next_at: nexts.map(|(_, at)| at), uses })
}

/// The steps a template refers to.
pub(super) fn used(template: &Template) -> impl Iterator<Item = usize> + '_ {
    template.references().filter_map(|reference| match reference {
        Reference::Step { step, .. } => Some(*step),
        _ => None,
    })
}

fn deed(fields: &Fields<'_>, scope: Scope<'_>, drafts: &mut Vec<Draft>) -> Option<Deed> {
    let there: Vec<&str> = DEEDS.into_iter().filter(|key| fields.get(key).is_some()).collect();
    let [deed] = there.as_slice() else {
        let what = if there.is_empty() { "a step that does nothing" } else { "a step that does several things" };
        let draft = Draft::new(&fields.at, what).expected("expected one of check, change and note");
        drafts.push(if there.is_empty() { draft.absence() } else { draft.hint("make a step of each") });
        return None;
    };
    let name = fields.text(deed, drafts)?;
    if *deed != "note"
        && let Some(commands) = fields.get("commands")
    {
        drafts.push(Draft::new(&commands.key_at, "`commands` are for notes").hint("put them into a step with a note"));
    }
    let with = fields.table("with", "the `with` of a step", drafts);
    match *deed {
        "check" => {
            let Some(kind) = CheckKind::named(&name.value) else {
                let names: Vec<&str> = CheckKind::ROWS.iter().map(|row| row.name).collect();
                let draft = Draft::new(&name.at, format!("there is no check `{}`", name.value));
                drafts.push(draft.hint(one_of(&name.value, &names)));
                options::references(with.as_ref(), scope, drafts);
                return None;
            };
            let what = format!("the check {}", kind.name());
            let with = options::read(with.as_ref(), &what, &name.at, kind.row().options, scope, drafts);
            Some(Deed::Check { kind, with })
        }
        "change" => {
            let Some(kind) = ChangeKind::named(&name.value) else {
                let draft = Draft::new(&name.at, format!("there is no change `{}`", name.value));
                drafts.push(draft.hint(one_of(&name.value, &ChangeKind::ROWS.map(|(_, name, ..)| name))));
                options::references(with.as_ref(), scope, drafts);
                return None;
            };
            let what = format!("the change {}", kind.name());
            let before = drafts.len();
            let with = options::read(with.as_ref(), &what, &name.at, kind.options(), scope, drafts);
            if drafts.len() == before {
                options::enough(kind, &with, &name.at, drafts);
            }
            Some(Deed::Change { kind, with })
        }
        _ => {
            if let Some(with) = fields.get("with") {
                drafts.push(Draft::new(&with.key_at, "a note is told nothing").hint("leave `with` out"));
            }
            let text = scope.read(&name, drafts);
            let commands = fields.texts("commands", drafts);
            let commands = commands.iter().filter_map(|command| scope.read(command, drafts)).collect();
            Some(Deed::Note { text: text?, commands })
        }
    }
}

/// Where the run goes on after the step, and the place that says so.
fn next(fields: &Fields<'_>, key: &str, scope: Scope<'_>, drafts: &mut Vec<Draft>) -> (Next, Option<Range<usize>>) {
    let Some(told) = fields.text(key, drafts) else { return (Next::Continue, None) };
    let next = match told.value.as_str() {
        "continue" => Next::Continue,
        "stop" => Next::Stop,
        other => goto(other, key, &told, scope, drafts),
    };
    (next, Some(told.at))
}

/// `goto STEP`; refused where it is something else, or the step is not there.
fn goto(other: &str, key: &str, told: &At<String>, scope: Scope<'_>, drafts: &mut Vec<Draft>) -> Next {
    let Some(id) = other.strip_prefix("goto ").map(str::trim) else {
        let draft = Draft::new(&told.at, format!("`{key}` cannot be `{other}`"));
        drafts.push(draft.expected("expected \"continue\", \"stop\" or \"goto STEP\""));
        return Next::Continue;
    };
    if let Some(step) = scope.steps.iter().position(|(known, _)| known == id) {
        return Next::Goto(step);
    }
    let known: Vec<&str> = scope.steps.iter().map(|(known, _)| known.as_str()).collect();
    let draft = Draft::new(&told.at, format!("`{key}` goes to a step that is not there"));
    drafts.push(draft.hint(one_of(id, &known)));
    Next::Continue
}

fn conditions(
    fields: &Fields<'_>,
    scope: Scope<'_>,
    uses: &mut Vec<(usize, Range<usize>)>,
    drafts: &mut Vec<Draft>,
) -> Vec<Condition> {
    const EXPECTED: &str = "a table like { step = \"tasks\", state = \"fail\" }, or a list of them";
    let Some(entry) = fields.get("when") else { return Vec::new() };
    let mut tables = Vec::new();
    match entry.value.get_ref() {
        DeValue::Table(table) => tables.push(Fields::new("`when`", entry.value.span(), table)),
        DeValue::Array(items) if !items.is_empty() => {
            for item in items {
                match item.get_ref() {
                    DeValue::Table(table) => tables.push(Fields::new("`when`", item.span(), table)),
                    _ => wrong("when", item, EXPECTED, drafts),
                }
            }
        }
        DeValue::Array(_) => drafts.push(Draft::new(&entry.value.span(), "`when` is empty").hint("leave it out")),
        _ => wrong("when", entry.value, EXPECTED, drafts),
    }
    tables.iter().filter_map(|table| condition(table, scope, uses, drafts)).collect()
}

fn condition(
    fields: &Fields<'_>,
    scope: Scope<'_>,
    uses: &mut Vec<(usize, Range<usize>)>,
    drafts: &mut Vec<Draft>,
) -> Option<Condition> {
    fields.only(&["step", "state", "cause", "has"], drafts);
    fields.needs("step", "\"the id of an earlier step\"", drafts);
    let mut asked = Vec::new();
    for told in fields.texts("step", drafts) {
        let Some(step) = scope.steps.iter().position(|(known, _)| *known == told.value) else {
            let known: Vec<&str> = scope.steps.iter().map(|(known, _)| known.as_str()).collect();
            let draft = Draft::new(&told.at, format!("`when` asks for a step that is not there: `{}`", told.value));
            drafts.push(draft.hint(one_of(&told.value, &known)));
            continue;
        };
        if scope.steps[step].1 == Known::Note {
            drafts.push(Draft::new(&told.at, "`when` asks for a note, which comes to nothing").hint("ask for a check"));
            continue;
        }
        uses.push((step, told.at.clone()));
        asked.push(step);
    }
    // What a step is that cannot be told, is refused where it stands. What no step can come to is refused all the same.
    if asked.is_empty() || asked.iter().any(|step| scope.steps[*step].1 == Known::Unclear) {
        let mut any: Vec<StepState> = StepState::OF_CHECKS.to_vec();
        any.extend(StepState::OF_CHANGES.iter().filter(|state| !StepState::OF_CHECKS.contains(state)));
        states(fields, &any, drafts);
        for cause in fields.texts("cause", drafts) {
            glob(&cause, "a cause", drafts);
        }
        fields.text("has", drafts);
        return None;
    }
    let checks = || {
        asked.iter().filter_map(|step| match scope.steps[*step].1 {
            Known::Check(kind) => Some(kind),
            _ => None,
        })
    };
    let has_changes = asked.iter().any(|step| scope.steps[*step].1 == Known::Change);
    let facts: Vec<&str> = checks().flat_map(CheckKind::facts).map(|(name, _)| *name).collect();
    let known_causes: Vec<&str> = checks().flat_map(|kind| kind.row().causes).map(|cause| cause.name).collect();
    let mut states_known: Vec<StepState> = Vec::new();
    if checks().next().is_some() {
        states_known.extend(StepState::OF_CHECKS);
    }
    if has_changes {
        states_known
            .extend(StepState::OF_CHANGES.iter().filter(|state| !states_known.contains(state)).collect::<Vec<_>>());
    }
    if ["state", "cause", "has"].iter().all(|key| fields.get(key).is_none()) {
        let draft = Draft::new(&fields.at, "`when` says nothing of the step");
        drafts.push(draft.expected("expected state, cause or has").absence());
    }
    let states = states(fields, &states_known, drafts);
    let mut causes = Vec::new();
    for told in fields.texts("cause", drafts) {
        let Some(cause) = glob(&told, "a cause", drafts) else { continue };
        let fits = Pattern::new(&cause).is_ok_and(|glob| known_causes.iter().any(|known| glob.matches(known)));
        if !fits && !known_causes.is_empty() {
            let draft = Draft::new(&told.at, format!("the step's check never names the cause `{cause}`"));
            drafts.push(draft.hint(one_of(&cause, &known_causes)));
        }
        causes.push(cause);
    }
    if checks().next().is_none()
        && let Some(entry) = fields.entries().iter().find(|entry| ["cause", "has"].contains(&entry.key))
    {
        let draft = Draft::new(&entry.key_at, format!("a change has no `{}`", entry.key));
        drafts.push(draft.hint("ask for its state: queued, done or failed"));
        return None;
    }
    let has = fields.text("has", drafts);
    if let Some(has) = has.as_ref().filter(|has| !facts.contains(&has.value.as_str())) {
        let draft = Draft::new(&has.at, format!("the step's check finds no `{}`", has.value));
        drafts.push(draft.hint(one_of(&has.value, &facts)));
    }
    Some(Condition { steps: asked, states, causes, has: has.map(|has| has.value) })
}

/// The states asked for, each of which must be one of these.
fn states(fields: &Fields<'_>, known: &[StepState], drafts: &mut Vec<Draft>) -> Vec<StepState> {
    let words: Vec<&str> = known.iter().map(|state| state.word()).collect();
    let mut states = Vec::new();
    for told in fields.texts("state", drafts) {
        if let Some(state) = known.iter().find(|state| state.word() == told.value) {
            states.push(*state);
            continue;
        }
        let draft = Draft::new(&told.at, format!("the step cannot come to `{}`", told.value));
        let expected = format!("expected one of {}", listed(words.iter().copied()));
        drafts.push(draft.expected(expected).hint_if(did_you_mean(&told.value, words.iter().copied())));
    }
    states
}

/// A text as a glob.
pub(super) fn glob(text: &At<String>, what: &str, drafts: &mut Vec<Draft>) -> Option<String> {
    match Pattern::new(&text.value) {
        Ok(_) => Some(text.value.clone()),
        Err(error) => {
            let draft = Draft::new(&text.at, format!("this is no pattern for {what}: {}", error.msg));
            drafts.push(draft.hint("`*` stands for anything, `?` for one character, `[ab]` for one of these"));
            None
        }
    }
}
