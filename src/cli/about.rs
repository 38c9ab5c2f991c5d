//! Which service is meant: a word of its own, or `--service`.

use super::args::{Cli, ServiceArg};
use super::failure::Failure;

impl ServiceArg {
    /// The one service that is meant, where one is.
    ///
    /// # Errors
    /// Two are.
    pub(super) fn meant(&self, cli: &Cli) -> Result<Option<String>, Failure> {
        let given = &cli.context.services;
        let word = self.name.as_ref();
        let Some(first) = word.or(given.first()) else { return Ok(None) };
        match given.iter().find(|other| *other != first) {
            None => Ok(Some(first.clone())),
            Some(other) if word.is_some() => {
                Err(Failure::new(format!("two services are named: {first}, and --service {other}"))
                    .with_hint("name one: as a word, or with --service"))
            }
            Some(other) => {
                Err(Failure::new(format!("two services are named: --service {first}, and --service {other}"))
                    .with_hint("this is about one service"))
            }
        }
    }

    /// The one service that must be meant. `like` is an example of what to type.
    ///
    /// # Errors
    /// None is, or two are.
    pub(super) fn needed(&self, cli: &Cli, like: &str) -> Result<String, Failure> {
        self.meant(cli)?.ok_or_else(|| Failure::new("which service?").with_hint(format!("for example: {like}")))
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[test]
    fn a_service_is_named_as_a_word_or_with_the_option_and_once() {
        for (words, meant) in [
            (&["do", "restart"][..], Ok(None)),
            (&["do", "restart", "api"], Ok(Some("api"))),
            (&["do", "restart", "--service", "api"], Ok(Some("api"))),
            (&["--service", "api", "do", "restart", "api"], Ok(Some("api"))),
            (&["do", "restart", "--service", "api", "--service", "api"], Ok(Some("api"))),
            (&["do", "restart", "api", "--service", "web"], Err("two services are named: api, and --service web")),
            (&["do", "restart", "--service", "a", "--service", "b"], Err("--service a, and --service b")),
        ] {
            let cli = Cli::try_parse_from([&["rounds"], words].concat()).unwrap();
            let Some(super::super::args::Command::Do(args)) = &cli.command else { panic!("{cli:?}") };
            let super::super::args::DoCommand::Restart { service, .. } = &args.change else { panic!("{args:?}") };
            match (service.meant(&cli), meant) {
                (Ok(found), Ok(meant)) => assert_eq!(found.as_deref(), meant, "{words:?}"),
                (Err(failure), Err(why)) => assert!(failure.what.contains(why), "{words:?}: {}", failure.what),
                (found, _) => panic!("{words:?}: {found:?}"),
            }
        }
    }
}
