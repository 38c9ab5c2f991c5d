//! Terraform's template language, as far as the templates of `provision/` go, so that what Terraform renders in AWS and
//! what is rendered here come from the same text:
//!
//! - `${a.b.c}` and `${list.0}`
//! - `%{ for v in list }`, `%{ for k, v in map }`, `%{ endfor }`; maps in the order of their keys
//! - `%{ if a.b }`, `%{ if !a }`, `%{ if can(a.b) }` (whether there is such a variable), `%{ else }`, `%{ endif }`
//! - `~` beside a brace takes away the blank space next to it, up to the end of its line
//! - `$${` and `%%{` stand for themselves

mod lex;
mod parse;
mod write;

use serde_json::Value;

/// Why a template cannot be rendered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {what}")]
pub struct TemplateError {
    /// The template.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong there.
    pub what: String,
}

/// What is wrong, and at which byte of the template.
#[derive(Debug)]
struct Wrong {
    at: usize,
    what: String,
}

impl Wrong {
    fn new(at: usize, what: impl Into<String>) -> Self {
        Self { at, what: what.into() }
    }
}

/// The text of the template `file` with these variables.
///
/// # Errors
/// Where the template is not understood, where a variable is unknown or is not of the kind that is asked for.
pub fn render(file: &str, template: &str, variables: &Value) -> Result<String, TemplateError> {
    let rendered = lex::tokens(template).and_then(parse::nodes).and_then(|nodes| write::text(&nodes, variables));
    rendered.map_err(|wrong| {
        let before = template.get(..wrong.at).unwrap_or(template);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        TemplateError {
            file: file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
            what: wrong.what,
        }
    })
}

#[cfg(test)]
mod tests;
