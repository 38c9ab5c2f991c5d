//! What checks and changes are told: known options, none missing, values that can be right.

use std::ops::Range;

use toml::de::DeValue;

use crate::domain::estate::AddressRange;
use crate::domain::{ChangeKind, CheckOption, Signal, Template};
use crate::format::parse_duration;
use crate::located::{Draft, did_you_mean, listed, one_of};

use super::fields::{At, Fields, text, wrong};
use super::template::Scope;

/// The most tasks a service is scaled to: more are a slip of the finger, and ECS allows no more of one service.
pub(super) const MOST_TASKS: u32 = 5_000;

/// Refuses a change that is told too little to be made, though each of its options may be left out.
pub(super) fn enough(kind: ChangeKind, told: &[(String, Template)], at: &Range<usize>, drafts: &mut Vec<Draft>) {
    let is_told = |name: &str| told.iter().any(|(option, _)| option == name);
    if kind == ChangeKind::Silence && !is_told("service") && !is_told("alert") {
        let draft = Draft::new(at, "a silence that says neither whose alerts nor which");
        drafts.push(draft.expected("expected service, alert, or both, in `with`").absence());
    }
}

/// Reads the `with` table of a step that is `what` (`check tasks`).
pub(super) fn read(
    with: Option<&Fields<'_>>,
    what: &str,
    at: &Range<usize>,
    options: &[CheckOption],
    scope: Scope<'_>,
    drafts: &mut Vec<Draft>,
) -> Vec<(String, Template)> {
    let mut told = Vec::new();
    let names: Vec<&str> = options.iter().map(|option| option.name).collect();
    for entry in with.iter().flat_map(|with| with.entries()) {
        if !names.contains(&entry.key) {
            let draft = Draft::new(&entry.key_at, format!("{what} has no option `{}`", entry.key));
            drafts.push(if names.is_empty() {
                draft.hint("it takes none: leave it out")
            } else {
                draft.hint(one_of(entry.key, &names))
            });
            continue;
        }
        let value = match entry.value.get_ref() {
            DeValue::Integer(number) => Some(At { value: number.to_string(), at: entry.value.span() }),
            DeValue::String(_) => text(entry.key, entry.value, drafts),
            _ => {
                wrong(entry.key, entry.value, "a text in quotes or a whole number", drafts);
                None
            }
        };
        let Some(value) = value else { continue };
        let Some(template) = scope.read(&value, drafts) else { continue };
        let required = options.iter().any(|option| option.required && option.name == entry.key);
        if required && template.may_be_left_out() {
            let draft = Draft::new(&value.at, format!("{what} must be told its {}", entry.key));
            drafts.push(draft.hint("write it without the `?`"));
        }
        if let Some(draft) = template.literal().and_then(|literal| unfit(entry.key, &literal, &value.at)) {
            drafts.push(draft);
        }
        told.push((entry.key.to_owned(), template));
    }
    let is_told = |name: &str| with.is_some_and(|with| with.get(name).is_some());
    let missing: Vec<&str> =
        options.iter().filter(|option| option.required && !is_told(option.name)).map(|option| option.name).collect();
    if !missing.is_empty() {
        let example = missing.iter().map(|name| format!("{name} = \"...\"")).collect::<Vec<_>>().join(", ");
        let draft = Draft::new(at, format!("{what} must be told its {}", listed(missing)));
        drafts.push(draft.expected(format!("expected with = {{ {example} }}")).absence());
    }
    told
}

/// Refuses references that lead nowhere where nobody knows which options there are.
pub(super) fn references(with: Option<&Fields<'_>>, scope: Scope<'_>, drafts: &mut Vec<Draft>) {
    for entry in with.iter().flat_map(|with| with.entries()) {
        if let DeValue::String(_) = entry.value.get_ref()
            && let Some(value) = text(entry.key, entry.value, drafts)
        {
            scope.read(&value, drafts);
        }
    }
}

/// Whether it is an action of an AWS service, as policies name it: `ecs:ListTasks`, `s3:Get*`.
fn is_action(text: &str) -> bool {
    let fits = |part: &str, also: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || also.contains(c))
    };
    text.split_once(':').is_some_and(|(service, action)| fits(service, "-") && fits(action, "*?"))
}

/// What is wrong with a value that is written out.
fn unfit(option: &str, value: &str, at: &Range<usize>) -> Option<Draft> {
    let cannot = || Draft::new(at, format!("`{option}` cannot be `{value}`"));
    match option {
        "since" | "lasts" => parse_duration(value).err().map(|why| cannot().expected(why)),
        "port" => match value.parse::<u16>() {
            Ok(1..) => None,
            _ => Some(cannot().expected("expected a port from 1 to 65535")),
        },
        "signal" => {
            let names = Signal::ALL.map(|signal| signal.key().replace('_', "-"));
            let known = names.iter().map(String::as_str);
            (!names.iter().any(|name| name == value)).then(|| {
                let expected = format!("expected {}", listed(known.clone()));
                cannot().expected(expected).hint_if(did_you_mean(value, known))
            })
        }
        "desired" => {
            let number = value.strip_prefix('+').unwrap_or(value).parse::<u32>();
            let is_fit = number.is_ok_and(|number| number <= MOST_TASKS) && !value.starts_with("++");
            let expected = || format!("expected a number of tasks up to {MOST_TASKS}, or +N for so many more");
            (!is_fit).then(|| cannot().expected(expected()))
        }
        "from" => value
            .parse::<AddressRange>()
            .is_err()
            .then(|| cannot().expected("expected an address or a range, like 203.0.113.7 or 10.0.0.0/16")),
        "actions" => {
            let mut actions = value.split(',').map(str::trim);
            (!actions.all(is_action))
                .then(|| cannot().expected("expected actions like ecs:ListTasks, with commas between"))
        }
        _ => None,
    }
}
