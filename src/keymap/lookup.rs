//! What the keys pressed so far ask for.

use std::collections::BTreeMap;

use crate::command::{Command, Scope};

use super::{Key, Keymap, Sequence};

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
        if let Some(bound) = scopes.iter().find_map(|scope| self.table(*scope).get(pressed)) {
            return bound.map_or(Lookup::Nothing, Lookup::Found);
        }
        let rows = self.continuations(scopes, pressed);
        if rows.is_empty() { Lookup::Nothing } else { Lookup::Pending(rows.into_iter().collect()) }
    }

    fn continuations(&self, scopes: &[Scope], pressed: &[Key]) -> BTreeMap<Key, Hint> {
        let mut rows = BTreeMap::new();
        for (sequence, command) in self.reaching(scopes) {
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
        let mut reaching = Vec::new();
        for (depth, scope) in scopes.iter().enumerate() {
            let hidden = |sequence: &Sequence| {
                scopes[..depth].iter().any(|narrower| {
                    (1..=sequence.keys().len()).any(|n| self.table(*narrower).contains_key(&sequence.keys()[..n]))
                })
            };
            let bound = self.table(*scope).iter().filter_map(|(sequence, command)| Some((sequence, (*command)?)));
            reaching
                .extend(bound.filter(|(sequence, _)| !hidden(sequence)).map(|(keys, command)| (keys.clone(), command)));
        }
        reaching
    }

    /// The keys of a command in any scope, the shortest first; none if it has no key.
    pub fn keys_for(&self, command: Command) -> Vec<Sequence> {
        let all = Scope::ALL.into_iter().flat_map(|scope| self.table(scope));
        shortest_first(all.filter(|(_, bound)| **bound == Some(command)).map(|(keys, _)| keys.clone()).collect())
    }

    /// The keys that reach a command where `scopes` are searched in order, the shortest first. What a footer shows:
    /// a key that does something else on this screen is not among them.
    pub fn keys_here(&self, scopes: &[Scope], command: Command) -> Vec<Sequence> {
        let here = self.reaching(scopes).into_iter();
        shortest_first(here.filter(|(_, bound)| *bound == command).map(|(keys, _)| keys).collect())
    }
}

fn shortest_first(mut sequences: Vec<Sequence>) -> Vec<Sequence> {
    sequences.sort_by_cached_key(|sequence| (sequence.keys().len(), sequence.to_string().chars().count()));
    sequences.dedup();
    sequences
}
