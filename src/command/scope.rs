//! Where a command means something, and where its keys are looked up.

use super::{Command, Row, Scope, TABLE};

impl Scope {
    /// Every scope, in the order help and the docs show them.
    pub const ALL: [Self; 6] = [Self::Everywhere, Self::List, Self::Overview, Self::Service, Self::Logs, Self::Cost];

    /// The name of the scope's table in a keymap file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Everywhere => "everywhere",
            Self::List => "list",
            Self::Overview => "overview",
            Self::Service => "service",
            Self::Logs => "logs",
            Self::Cost => "cost",
        }
    }

    /// Where that is, as help says it.
    pub const fn place(self) -> &'static str {
        match self {
            Self::Everywhere => "everywhere",
            Self::List => "in a list",
            Self::Overview => "on the overview",
            Self::Service => "on a service's screen",
            Self::Logs => "on a log's screen",
            Self::Cost => "on the cost screen",
        }
    }

    /// A scope by its name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }

    /// The scopes in which a key is looked up where this one is the innermost: own scope first, everywhere last.
    pub const fn path(self) -> &'static [Self] {
        match self {
            Self::Everywhere => &[Self::Everywhere],
            Self::List => &[Self::List, Self::Everywhere],
            Self::Overview => &[Self::Overview, Self::List, Self::Everywhere],
            Self::Service => &[Self::Service, Self::List, Self::Everywhere],
            Self::Logs => &[Self::Logs, Self::List, Self::Everywhere],
            Self::Cost => &[Self::Cost, Self::List, Self::Everywhere],
        }
    }

    /// Whether a key bound in this scope can do anything with a command: the command's own scope is on the path.
    pub fn admits(self, command: Command) -> bool {
        self.path().contains(&command.row().scope)
    }
}

/// The commands that mean something where these scopes are searched, in the order of [`TABLE`]. What the palette
/// offers and help lists.
pub fn available(scopes: &[Scope]) -> Vec<&'static Row> {
    TABLE.iter().filter(|row| scopes.contains(&row.scope)).collect()
}

impl Row {
    /// The text the palette matches against: the name first, then the doc, so that a command is also found by what
    /// it does (`source` finds `refresh`, which reads every source).
    pub fn haystack(&self) -> String {
        format!("{} {}", self.name, self.doc)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_and_commands_are_unique_and_find_their_row() {
        let names: HashSet<_> = TABLE.iter().map(|row| row.name).collect();
        let commands: HashSet<_> = TABLE.iter().map(|row| row.command).collect();
        assert_eq!((names.len(), commands.len()), (TABLE.len(), TABLE.len()));
        for row in TABLE {
            assert_eq!(Command::named(row.name), Some(row.command));
            assert_eq!(row.command.row().name, row.name, "{:?} has no row of its own", row.command);
        }
        assert_eq!(Command::named("none"), None, "`none` unbinds a key and can name no command");
    }

    #[test]
    fn names_and_docs_are_written_alike() {
        for row in TABLE {
            assert!(row.name.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{}", row.name);
            assert!(row.doc.starts_with(|c: char| c.is_lowercase()), "{}: {}", row.name, row.doc);
            assert!(!row.doc.ends_with('.'), "{}: {}", row.name, row.doc);
            assert!(row.doc.chars().count() <= 60, "{}: too long for help at 80 columns", row.name);
        }
    }

    #[test]
    fn a_path_starts_at_its_scope_and_ends_everywhere() {
        for (place, scope) in Scope::ALL.into_iter().enumerate() {
            assert_eq!(scope as usize, place);
            assert_eq!(scope.path().first(), Some(&scope));
            assert_eq!(scope.path().last(), Some(&Scope::Everywhere));
            assert_eq!(Scope::named(scope.name()), Some(scope));
        }
    }

    #[test]
    fn a_command_is_offered_only_where_it_means_something() {
        let names = |scopes: &[Scope]| available(scopes).iter().map(|row| row.name).collect::<Vec<_>>();
        assert!(!names(Scope::Overview.path()).contains(&"span-longer"));
        assert!(names(Scope::Service.path()).contains(&"span-longer"));
        assert!(!names(Scope::Everywhere.path()).contains(&"filter"));
        assert!(Scope::Service.admits(Command::Filter) && !Scope::Everywhere.admits(Command::Filter));
    }
}
