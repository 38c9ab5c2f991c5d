//! The question before a change. The default is No, and so is the end of the input.

use std::io::{self, BufRead, IsTerminal, Write};

use crate::domain::{Plan, Refusal};
use crate::format::sanitise;

/// Asks on the terminal. What was typed, where the plan asks for a name.
///
/// # Errors
/// No, or no terminal to ask on.
pub fn consent(plan: &Plan) -> Result<Option<String>, Refusal> {
    if !io::stdin().is_terminal() {
        let flags = plan.typed.as_ref().map_or_else(|| "--yes".to_owned(), |name| format!("--yes --confirm {name}"));
        return Err(Refusal::new("there is no terminal to ask on: nothing was changed").with_hint(flags));
    }
    answered(plan, &mut io::stdin().lock(), &mut io::stderr())
}

fn answered(plan: &Plan, input: &mut impl BufRead, output: &mut impl Write) -> Result<Option<String>, Refusal> {
    let question = match &plan.typed {
        Some(name) => {
            let warning = if plan.place.production { "This is production. " } else { "" };
            format!("{warning}Type  {}  to go on: ", sanitise(name))
        }
        None => "Do it? [y/N] ".to_owned(),
    };
    let mut line = String::new();
    // A terminal that cannot be written to or read from gives no yes.
    let asked = output.write_all(question.as_bytes()).and_then(|()| output.flush());
    if asked.and_then(|()| input.read_line(&mut line)).is_err() {
        line.clear();
    }
    let line = line.trim();
    match &plan.typed {
        Some(name) if line == name => Ok(Some(name.clone())),
        None if matches!(line.to_ascii_lowercase().as_str(), "y" | "yes") => Ok(None),
        _ => Err(Refusal::new("not confirmed: nothing was changed")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::change::sample;

    #[test]
    fn only_a_clear_yes_is_one() {
        let stage = sample::plan(None);
        for (typed, is) in [("y\n", true), ("YES\n", true), ("\n", false), ("", false), ("n\n", false), ("yy\n", false)]
        {
            let answer = answered(&stage, &mut typed.as_bytes(), &mut Vec::new());
            assert_eq!(answer.is_ok(), is, "{typed:?}");
        }
    }

    #[test]
    fn in_production_only_the_name_is_a_yes() {
        let production = sample::plan(Some("api-2"));
        for (typed, is) in [("api-2\n", true), (" api-2 \n", true), ("y\n", false), ("api\n", false), ("", false)] {
            let mut asked = Vec::new();
            let answer = answered(&production, &mut typed.as_bytes(), &mut asked);
            assert_eq!(answer.ok().flatten().as_deref(), is.then_some("api-2"), "{typed:?}");
            assert!(String::from_utf8(asked).unwrap().contains("Type  api-2  to go on"));
        }
    }
}
