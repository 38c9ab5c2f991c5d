//! The question before a change. The default is No, and so is the end of the input.

use std::io::{self, BufRead, IsTerminal, Write};

use crate::domain::{Plan, Refusal};
use crate::format::{sanitise, shell_word};

/// What a person is asked before anything is done.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct Question<'a> {
    /// The name that has to be typed, in production and before much is destroyed; elsewhere a yes will do.
    pub(in crate::cli) typed: Option<&'a str>,
    /// Whether it is production.
    pub(in crate::cli) production: bool,
    /// What is so without a yes (`nothing was changed`).
    pub(in crate::cli) otherwise: &'a str,
}

impl<'a> Question<'a> {
    /// Before a change.
    pub(in crate::cli) fn before(plan: &'a Plan) -> Self {
        Self { typed: plan.typed.as_deref(), production: plan.place.production, otherwise: "nothing was changed" }
    }

    /// Asks on the terminal. What was typed, where a name is wanted.
    ///
    /// # Errors
    /// No, or no terminal to ask on.
    pub(in crate::cli) fn ask(self) -> Result<Option<String>, Refusal> {
        if !io::stdin().is_terminal() {
            let flags =
                self.typed.map_or_else(|| "--yes".to_owned(), |name| format!("--yes --confirm {}", shell_word(name)));
            return Err(self.no("there is no terminal to ask on").with_hint(flags));
        }
        self.answered(&mut io::stdin().lock(), &mut io::stderr())
    }

    /// The yes that was given beforehand: `--yes`, and what `--confirm` says where production wants it said.
    ///
    /// # Errors
    /// It is not the name.
    pub(in crate::cli) fn confirmed(self, given: Option<&str>) -> Result<Option<String>, Refusal> {
        let Some(wanted) = self.typed else { return Ok(None) };
        if given == Some(wanted) {
            return Ok(Some(wanted.to_owned()));
        }
        let warning = if self.production { "this is production: " } else { "" };
        let why = match given {
            Some(given) => format!("--confirm says {}, and the name is {}", sanitise(given), sanitise(wanted)),
            None => "--yes alone is not enough".to_owned(),
        };
        Err(Refusal::new(format!("{warning}{why}; {}", self.otherwise))
            .with_hint(format!("--yes --confirm {}", shell_word(wanted))))
    }

    fn answered(self, input: &mut impl BufRead, output: &mut impl Write) -> Result<Option<String>, Refusal> {
        let question = match self.typed {
            Some(name) => {
                let warning = if self.production { "This is production. " } else { "" };
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
        match self.typed {
            Some(name) if line == name => Ok(Some(name.to_owned())),
            None if matches!(line.to_ascii_lowercase().as_str(), "y" | "yes") => Ok(None),
            _ => Err(self.no("not confirmed")),
        }
    }

    fn no(self, why: &str) -> Refusal {
        Refusal::new(format!("{why}: {}", self.otherwise))
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
            let answer = Question::before(&stage).answered(&mut typed.as_bytes(), &mut Vec::new());
            assert_eq!(answer.is_ok(), is, "{typed:?}");
        }
    }

    #[test]
    fn in_production_only_the_name_is_a_yes() {
        let production = sample::plan(Some("api-2"));
        for (typed, is) in [("api-2\n", true), (" api-2 \n", true), ("y\n", false), ("api\n", false), ("", false)] {
            let mut asked = Vec::new();
            let answer = Question::before(&production).answered(&mut typed.as_bytes(), &mut asked);
            assert_eq!(answer.ok().flatten().as_deref(), is.then_some("api-2"), "{typed:?}");
            assert!(String::from_utf8(asked).unwrap().contains("Type  api-2  to go on"));
        }
    }
}
