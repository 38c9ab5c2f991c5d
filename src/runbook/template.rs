//! Texts with references in them: `{service}`, `{alert.labels.instance}`, `{steps.tasks.task}`. `{{` and `}}` stand for
//! the braces themselves; `{service?}` is nothing where it leads nowhere.

use crate::domain::{CheckKind, FleetPick, Reference, StepField, Template, TemplatePart};
use crate::located::{Draft, one_of};

use super::fields::At;

/// What a step is, as far as a reference to it needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    Check(CheckKind),
    Change,
    Note,
    /// It is refused elsewhere.
    Unclear,
}

/// What a text may refer to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope<'a> {
    /// The inputs there are.
    pub(super) inputs: &'a [String],
    /// The steps there are: id and what they are.
    pub(super) steps: &'a [(String, Known)],
    /// Whether services can be picked from the fleet here.
    pub(super) fleet: bool,
}

const FIELDS: [&str; 3] = ["state", "summary", "cause"];

impl Scope<'_> {
    /// The text with its references, where all of them lead somewhere.
    pub(super) fn read(&self, text: &At<String>, drafts: &mut Vec<Draft>) -> Option<Template> {
        let before = drafts.len();
        let mut template = Template::default();
        let mut plain = String::new();
        let mut rest = text.value.as_str();
        while let Some(at) = rest.find(['{', '}']) {
            let here = text.value.len() - rest.len() + at;
            plain.push_str(&rest[..at]);
            let (brace, after) = rest[at..].split_at(1);
            if let Some(escaped) = after.strip_prefix(brace) {
                plain.push_str(brace);
                rest = escaped;
                continue;
            }
            let inside = (brace == "{").then(|| after.split_once('}')).flatten();
            let Some((inside, behind)) = inside else {
                let what = format!("a single `{brace}` in a text");
                drafts.push(
                    Draft::new(&text.part(here..here + 1), what)
                        .hint(format!("write `{brace}{brace}` for the brace itself")),
                );
                return None;
            };
            let inside = inside.trim();
            match self.reference(inside.trim_end_matches('?')) {
                Ok(reference) => {
                    if !plain.is_empty() {
                        template.parts.push(TemplatePart::Text(std::mem::take(&mut plain)));
                    }
                    let part = if inside.ends_with('?') { TemplatePart::Maybe } else { TemplatePart::Of };
                    template.parts.push(part(reference));
                }
                Err((what, hint)) => {
                    let place = text.part(here..text.value.len() - behind.len());
                    drafts.push(Draft::new(&place, what).hint(hint));
                }
            }
            rest = behind;
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            template.parts.push(TemplatePart::Text(plain));
        }
        (drafts.len() == before).then_some(template)
    }

    /// What stands between braces; otherwise what is wrong with it, and a hint.
    fn reference(&self, path: &str) -> Result<Reference, (String, String)> {
        let parts: Vec<&str> = path.split('.').collect();
        let nothing = |known: &str| (format!("`{{{path}}}` refers to nothing"), format!("known here: {known}"));
        match parts.as_slice() {
            ["alert", "name"] => Ok(Reference::AlertName),
            ["alert", "service"] => Ok(Reference::AlertService),
            ["alert", "labels", label] if !label.is_empty() => Ok(Reference::AlertLabel((*label).to_owned())),
            ["alert", "annotations", name] if !name.is_empty() => Ok(Reference::AlertAnnotation((*name).to_owned())),
            ["alert", ..] => Err(nothing("alert.name, alert.service, alert.labels.NAME and alert.annotations.NAME")),
            ["context", "name"] => Ok(Reference::ContextName),
            ["context", "region"] => Ok(Reference::ContextRegion),
            ["context", ..] => Err(nothing("context.name and context.region")),
            ["fleet", ..] if !self.fleet => Err((
                format!("`{{{path}}}` picks a service, which only the default of an input can"),
                "write it as the default of an input of kind \"service\"".to_owned(),
            )),
            ["fleet", pick] => match FleetPick::NAMES.iter().find(|(_, name)| name == pick) {
                Some((pick, _)) => Ok(Reference::Fleet(*pick)),
                None => Err((
                    format!("`{{{path}}}` refers to nothing"),
                    one_of(pick, &FleetPick::NAMES.map(|(_, name)| name)),
                )),
            },
            ["steps", id, field] => self.step(path, id, field),
            ["steps", ..] => Err(nothing("steps.STEP.state, .summary, .cause and what the step's check finds")),
            [name] if self.inputs.iter().any(|input| input == name) => Ok(Reference::Input((*name).to_owned())),
            _ => {
                let mut known: Vec<&str> = self.inputs.iter().map(String::as_str).collect();
                known.extend(["alert.name", "context.name"]);
                if !self.steps.is_empty() {
                    known.push("steps.STEP.state");
                }
                Err((format!("`{{{path}}}` refers to nothing"), one_of(path, &known)))
            }
        }
    }

    fn step(&self, path: &str, id: &str, field: &str) -> Result<Reference, (String, String)> {
        let Some(step) = self.steps.iter().position(|(known, _)| known == id) else {
            let known: Vec<&str> = self.steps.iter().map(|(known, _)| known.as_str()).collect();
            return Err((format!("`{{{path}}}` refers to a step that is not there"), one_of(id, &known)));
        };
        let facts: Vec<&str> = match self.steps[step].1 {
            Known::Check(kind) => kind.facts().iter().map(|(name, _)| *name).collect(),
            Known::Change => {
                return if field == "state" {
                    Ok(Reference::Step { step, field: StepField::State })
                } else {
                    Err((format!("`{{{path}}}` refers to nothing"), "a change has its `state` only".to_owned()))
                };
            }
            Known::Note => {
                return Err((format!("`{{{path}}}` refers to a note"), "a note finds nothing out".to_owned()));
            }
            Known::Unclear => return Ok(Reference::Step { step, field: StepField::Summary }),
        };
        let field = match field {
            "state" => StepField::State,
            "summary" => StepField::Summary,
            "cause" => StepField::Cause,
            fact if facts.contains(&fact) => StepField::Fact(fact.to_owned()),
            other => {
                let known: Vec<&str> = FIELDS.into_iter().chain(facts).collect();
                return Err((format!("`{{{path}}}` refers to nothing"), one_of(other, &known)));
            }
        };
        Ok(Reference::Step { step, field })
    }
}
