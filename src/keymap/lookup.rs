//! What the keys pressed so far ask for.

use std::collections::BTreeMap;

use crate::{
    command::{Command, Scope},
    format::width,
};

use super::{Bound, Key, Keymap, Sequence};

/// What the keys pressed so far ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// A command; the keys are used up.
    Found(Command),
    /// More keys are needed: each that goes on, and where it leads. Never empty.
    Pending(Vec<(Key, Hint)>),
    /// Nothing; the keys are to be forgotten.
    Nothing,
}

/// Where a key of a sequence leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hint {
    /// To a command.
    Command(Command),
    /// To more keys.
    More,
}

impl Hint {
    /// The hint in words: the command's doc, or `...`.
    pub fn text(self) -> &'static str {
        match self {
            Self::Command(command) => command.row().doc,
            Self::More => "...",
        }
    }
}

impl Keymap {
    /// What `pressed` asks for where `scopes` are searched in order (see [`Scope::path`]).
    pub fn lookup(&self, scopes: &[Scope], pressed: &[Key]) -> Lookup {
        if pressed.is_empty() {
            return Lookup::Nothing;
        }
        let exact = scopes.iter().enumerate().find_map(|(n, scope)| Some((n, self.table(*scope).get(pressed)?)));
        // What goes on in a scope narrower than that of the exact key comes first.
        let rows = self.continuations(exact.map_or(scopes, |(n, _)| &scopes[..n]), pressed);
        if !rows.is_empty() {
            return Lookup::Pending(rows.into_iter().collect());
        }
        exact.and_then(|(_, bound)| bound.command).map_or(Lookup::Nothing, Lookup::Found)
    }

    fn continuations(&self, scopes: &[Scope], pressed: &[Key]) -> BTreeMap<Key, Hint> {
        let mut rows = BTreeMap::new();
        for (sequence, bound) in self.visible(scopes) {
            let Some(command) = bound.command else { continue };
            if let Some([key, rest @ ..]) = sequence.keys().strip_prefix(pressed) {
                let hint = if rest.is_empty() { Hint::Command(command) } else { Hint::More };
                rows.entry(*key).or_insert(hint);
            }
        }
        rows
    }

    /// Every key that reaches a command where `scopes` are searched in order: what a narrower scope binds or unbinds
    /// hides the same key, and all that starts with it, in the wider ones.
    pub fn reaching(&self, scopes: &[Scope]) -> Vec<(Sequence, Command)> {
        let bound = self.visible(scopes).into_iter();
        bound.filter_map(|(keys, bound)| Some((keys.clone(), bound.command?))).collect()
    }

    /// The keys of a command in any scope, the shortest first; none if it has no key.
    pub fn keys_for(&self, command: Command) -> Vec<Sequence> {
        shortest_first(Scope::ALL.into_iter().flat_map(|scope| self.table(scope)), command)
    }

    /// The keys that reach a command where `scopes` are searched in order, the shortest first. What a footer shows:
    /// a key that does something else on this screen is not among them.
    pub fn keys_here(&self, scopes: &[Scope], command: Command) -> Vec<Sequence> {
        shortest_first(self.visible(scopes), command)
    }

    /// The keys of a command in the table of one scope, the shortest first.
    pub(super) fn keys_in(&self, scope: Scope, command: Command) -> Vec<Sequence> {
        shortest_first(self.table(scope), command)
    }

    fn visible(&self, scopes: &[Scope]) -> Vec<(&Sequence, &Bound)> {
        let mut visible = Vec::new();
        for (depth, scope) in scopes.iter().enumerate() {
            let hidden = |keys: &[Key]| {
                let hides = |narrower: &Scope| (1..=keys.len()).any(|n| self.table(*narrower).contains_key(&keys[..n]));
                scopes[..depth].iter().any(hides)
            };
            visible.extend(self.table(*scope).iter().filter(|(sequence, _)| !hidden(sequence.keys())));
        }
        visible
    }
}

/// Fewest keys first, then the shortest to print, then as the files list them.
fn shortest_first<'a>(bound: impl IntoIterator<Item = (&'a Sequence, &'a Bound)>, command: Command) -> Vec<Sequence> {
    let mut own: Vec<_> = bound.into_iter().filter(|(_, bound)| bound.command == Some(command)).collect();
    own.sort_by_cached_key(|(keys, bound)| (keys.keys().len(), width(&keys.to_string()), bound.written));
    let mut sequences: Vec<Sequence> = Vec::with_capacity(own.len());
    for (keys, _) in own {
        if !sequences.contains(keys) {
            sequences.push(keys.clone());
        }
    }
    sequences
}

#[cfg(test)]
mod tests {
    use super::super::load;
    use super::*;

    fn keys(text: &str) -> Sequence {
        text.parse().unwrap()
    }

    fn shown(sequences: &[Sequence]) -> Vec<String> {
        sequences.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_own_scope_comes_before_everywhere() {
        let keymap = load("tests/fixtures/keymaps/good/wins.toml", None).unwrap();
        let found = |scope: Scope, text: &str| keymap.lookup(scope.path(), keys(text).keys());
        assert_eq!(found(Scope::List, "g"), Lookup::Found(Command::Top));
        assert_eq!(found(Scope::Service, "g"), Lookup::Found(Command::Copy));
        assert_eq!(found(Scope::Everywhere, "g"), Lookup::Nothing);
        assert_eq!(found(Scope::List, "p"), Lookup::Found(Command::Problems), "unbinding p p p takes nothing from p");
        assert_eq!(found(Scope::Overview, "q"), Lookup::Found(Command::Quit));
        assert_eq!(found(Scope::Overview, "tab"), Lookup::Nothing);
        assert_eq!(found(Scope::Overview, "q q"), Lookup::Nothing);
        assert_eq!(keymap.lookup(Scope::Overview.path(), &[]), Lookup::Nothing);
    }

    #[test]
    fn an_unbound_key_does_nothing_even_where_a_wider_scope_binds_it() {
        let keymap = load("tests/fixtures/keymaps/good/unbound.toml", None).unwrap();
        for text in ["ctrl-z", "j", "k", "z", "z z"] {
            assert_eq!(keymap.lookup(Scope::List.path(), keys(text).keys()), Lookup::Nothing, "{text}");
        }
    }

    #[test]
    fn the_beginning_of_a_sequence_tells_how_it_goes_on_in_all_scopes() {
        let keymap = load("vim", None).unwrap();
        let Lookup::Pending(rows) = keymap.lookup(Scope::Service.path(), keys("g").keys()) else {
            panic!("not pending")
        };
        let rows: Vec<_> = rows.iter().map(|(key, hint)| (key.to_string(), hint.text())).collect();
        let expected = [
            ("T", Command::PreviousPane.row().doc),
            ("g", Command::Top.row().doc),
            ("l", Command::Logs.row().doc),
            ("t", Command::NextPane.row().doc),
        ];
        assert_eq!(rows, expected.map(|(key, doc)| (key.to_owned(), doc)));
        let Lookup::Pending(rows) = keymap.lookup(Scope::Overview.path(), keys("g").keys()) else {
            panic!("not pending")
        };
        assert_eq!(
            rows,
            [(Key::char('g'), Hint::Command(Command::Top)), (Key::char('l'), Hint::Command(Command::Logs))]
        );
    }

    #[test]
    fn keys_are_given_shortest_first_and_only_those_that_work_here() {
        let keymap = load("tests/fixtures/keymaps/good/wins.toml", None).unwrap();
        assert_eq!(shown(&keymap.keys_for(Command::Top)), ["g", "home"]);
        assert_eq!(shown(&keymap.keys_here(Scope::Overview.path(), Command::Top)), ["g", "home"]);
        assert_eq!(shown(&keymap.keys_here(Scope::Service.path(), Command::Top)), ["home"]);
        assert_eq!(shown(&keymap.keys_for(Command::Refresh)), ["r", "ctrl-r", "f5 f5"]);
    }

    /// Help, footer and what a key really does cannot disagree.
    #[test]
    fn every_key_that_is_said_to_reach_a_command_does() {
        for name in super::super::names(None) {
            let keymap = load(&name, None).unwrap();
            for scope in Scope::ALL {
                for (sequence, command) in keymap.reaching(scope.path()) {
                    assert_eq!(
                        keymap.lookup(scope.path(), sequence.keys()),
                        Lookup::Found(command),
                        "{name}: {sequence}"
                    );
                    for n in 1..sequence.keys().len() {
                        let begun = keymap.lookup(scope.path(), &sequence.keys()[..n]);
                        assert!(matches!(begun, Lookup::Pending(_)), "{name}: {sequence} is cut short by {begun:?}");
                    }
                }
            }
        }
    }
}
