//! The layers of a keymap laid over each other, and everything that is wrong with them.

use std::{collections::BTreeMap, collections::HashSet, ops::Range};

use crate::{
    command::{Command, Scope, TABLE},
    located::{Chain, Document, Draft, Entry, Problem, Value, did_you_mean, one_of},
};

use super::{Bound, Code, Key, Keymap, Sequence, Tables};

/// What a keymap file writes to unbind a key.
const NONE: &str = "none";

/// Without a key for one of these, a person is locked in or locked out.
const ESSENTIAL: [Command; 3] = [Command::Quit, Command::Back, Command::Palette];

/// The key that always leaves.
const INTERRUPT: Key = Key { code: Code::Char('c'), ctrl: true, alt: false };

/// A binding and where it was written.
#[derive(Debug, Clone)]
struct Binding {
    command: Option<Command>,
    layer: usize,
    at: Range<usize>,
}

/// A line that was refused; the problem is noted.
struct Refused;

/// What has been read so far.
struct Resolver<'a> {
    chain: &'a Chain,
    tables: [BTreeMap<Sequence, Binding>; Scope::ALL.len()],
    problems: Vec<Problem>,
    /// Commands that a refused line meant to bind, so that nobody is told twice that they have no key.
    meant: HashSet<Command>,
    /// Whether some line names no command that is known: it may have meant any.
    unclear: bool,
}

/// The keymap of these layers, and what is wrong with them. Lines that are wrong are left out.
pub(super) fn resolve(name: &str, chain: &Chain) -> (Keymap, Vec<Problem>) {
    let mut resolver = Resolver {
        chain,
        tables: Default::default(),
        problems: Vec::new(),
        meant: HashSet::new(),
        unclear: !chain.complete || !chain.layers.iter().all(Document::is_sound),
    };
    for layer in 0..chain.layers.len() {
        resolver.lay(layer);
    }
    resolver.refuse_hidden();
    resolver.refuse_locked();
    let about = chain.layers.last().and_then(|layer| layer.text_of("about")).unwrap_or_default();
    let keymap = Keymap { name: name.to_owned(), about: about.to_owned(), tables: resolver.plain() };
    (keymap, chain.settle(resolver.problems))
}

impl Resolver<'_> {
    fn document(&self, layer: usize) -> &Document {
        &self.chain.layers[layer]
    }

    fn refuse(&mut self, layer: usize, at: &Range<usize>, message: impl Into<String>, hint: Option<String>) {
        self.push(layer, &Draft::new(at, message).hint_if(hint));
    }

    fn push(&mut self, layer: usize, draft: &Draft) {
        self.problems.push(self.chain.layers[layer].problem(draft));
    }

    /// One file over those before it.
    fn lay(&mut self, layer: usize) {
        let mut fresh: [BTreeMap<Sequence, Binding>; Scope::ALL.len()] = Default::default();
        for entry in &self.chain.layers[layer].entries {
            match (entry.key.as_str(), &entry.value) {
                // A parent that is not a string was refused where it was looked for.
                ("inherits", _) | ("about", Value::Text(_)) => {}
                ("about", other) => {
                    self.refuse(
                        layer,
                        &entry.value_at,
                        format!("expected a text in quotes, found {}", other.kind()),
                        None,
                    );
                }
                (name, Value::Table(bindings)) => match Scope::named(name) {
                    Some(scope) => self.read(layer, scope, bindings, &mut fresh[scope as usize]),
                    None => self.unknown_top(layer, entry),
                },
                _ => self.unknown_top(layer, entry),
            }
        }
        for (table, fresh) in self.tables.iter_mut().zip(fresh) {
            // The newer file wins over what it inherits, also where one key begins the other; but to unbind a longer key
            // takes nothing from the shorter one.
            table.retain(|old, _| {
                !fresh.iter().any(|(new, to)| new.starts(old) || (old.starts(new) && to.command.is_some()))
            });
            table.extend(fresh);
        }
    }

    fn unknown_top(&mut self, layer: usize, entry: &Entry) {
        self.unclear = true;
        if !self.document(layer).is_sound() {
            return;
        }
        let scopes = Scope::ALL.map(Scope::name);
        let (message, hint) = if scopes.contains(&entry.key.as_str()) {
            (
                format!("expected a table of keys, found {}", entry.value.kind()),
                format!("write [{}] on its own line", entry.key),
            )
        } else if entry.key.parse::<Sequence>().is_ok() && matches!(entry.value, Value::Text(_)) {
            (
                format!("the key `{}` stands outside of a scope", entry.key),
                "put it under [everywhere] or [list]".to_owned(),
            )
        } else {
            (format!("unknown scope `{}`", entry.key), one_of(&entry.key, &scopes))
        };
        self.refuse(layer, &entry.key_at, message, Some(hint));
    }

    /// The keys of one scope of one file.
    fn read(&mut self, layer: usize, scope: Scope, bindings: &[Entry], table: &mut BTreeMap<Sequence, Binding>) {
        for entry in bindings {
            if let Some(hint) = turned_round(entry) {
                self.unclear = true;
                self.refuse(layer, &entry.key_at, "the key comes first, then its command", Some(hint));
                continue;
            }
            let keys = entry.key.parse::<Sequence>().map_err(|bad| {
                self.refuse(layer, &entry.key_at, bad.message, bad.hint);
                Refused
            });
            let command = self.command(layer, scope, entry);
            let (Ok(keys), Ok(command)) = (keys, &command) else {
                self.meant.extend(command.ok().flatten());
                continue;
            };
            let command = *command;
            if let Some(first) = table.get(&keys) {
                let message = format!("the key `{keys}` is bound twice in [{}]", scope.name());
                let draft = Draft::new(&entry.key_at, message).expected("bound again here");
                self.push(layer, &draft.also(&first.at, "first bound here").hint("keep one of them"));
                self.meant.extend(command);
            } else if keys.keys()[0] == INTERRUPT && command != Some(Command::Quit) {
                self.refuse(
                    layer,
                    &entry.key_at,
                    format!("{INTERRUPT} always leaves"),
                    Some("choose another key".into()),
                );
            } else {
                table.insert(keys, Binding { command, layer, at: entry.key_at.clone() });
            }
        }
    }

    /// What a line binds its key to; no command if it unbinds.
    fn command(&mut self, layer: usize, scope: Scope, entry: &Entry) -> Result<Option<Command>, Refused> {
        let Value::Text(name) = &entry.value else {
            self.unclear = true;
            let hint = match &entry.value {
                Value::Table(_) => format!("write keys pressed one after the other as \"{} x\" = \"...\"", entry.key),
                _ => "write key = \"command\"".to_owned(),
            };
            let message = format!("expected the name of a command in quotes, found {}", entry.value.kind());
            self.refuse(layer, &entry.value_at, message, Some(hint));
            return Err(Refused);
        };
        if name == NONE {
            return Ok(None);
        }
        let Some(command) = Command::named(name) else {
            self.unclear = true;
            let names = TABLE.iter().map(|row| row.name).chain([NONE]);
            let hint = did_you_mean(name, names).unwrap_or_else(|| "`rounds keys` lists them all".to_owned());
            self.refuse(layer, &entry.value_at, format!("unknown command `{name}`"), Some(hint));
            return Err(Refused);
        };
        if !scope.admits(command) {
            let home = command.row().scope;
            let message = format!("`{name}` means something only {}, not under [{}]", home.place(), scope.name());
            self.refuse(layer, &entry.value_at, message, Some(format!("put it under [{}]", home.name())));
            self.meant.insert(command);
            return Err(Refused);
        }
        Ok(Some(command))
    }

    /// A key that begins another on the way a key is looked up: the longer one could never be typed.
    fn refuse_hidden(&mut self) {
        let mut told = HashSet::new();
        let mut found = Vec::new();
        for path in Scope::ALL.map(Scope::path) {
            let bound: Vec<_> =
                path.iter().flat_map(|scope| self.tables[*scope as usize].iter().map(|row| (*scope, row))).collect();
            for (scope, (short, hiding)) in &bound {
                for (other, (long, hidden)) in bound.iter().filter(|(_, (long, _))| short.starts(long)) {
                    // To unbind a key in one scope is a way to give up what begins with it in the others.
                    let meant = (hiding.command.is_none() && scope != other) || hidden.command.is_none();
                    if meant || !told.insert((*scope, *short, *other, *long)) {
                        continue;
                    }
                    let (newer, older) = if (hidden.layer, hidden.at.start) > (hiding.layer, hiding.at.start) {
                        (hidden, hiding)
                    } else {
                        (hiding, hidden)
                    };
                    let name = |binding: &Binding| binding.command.map_or(NONE, |command| command.row().name);
                    let message = format!(
                        "`{short}` ({} in [{}]) is the beginning of `{long}` ({} in [{}]), which could never be typed",
                        name(hiding),
                        scope.name(),
                        name(hidden),
                        other.name(),
                    );
                    let hint = format!("choose another key, or unbind one: [{}] \"{long}\" = \"{NONE}\"", other.name());
                    let draft = Draft::new(&newer.at, message).hint(hint);
                    let beside = newer.layer == older.layer;
                    found.push((newer.layer, if beside { draft.also(&older.at, "the other one") } else { draft }));
                }
            }
        }
        for (layer, draft) in found {
            self.push(layer, &draft);
        }
    }

    /// A keymap that leaves no key to get out or to name a command.
    fn refuse_locked(&mut self) {
        if self.unclear {
            return;
        }
        let keymap = Keymap { name: String::new(), about: String::new(), tables: self.plain() };
        let Some(layer) = self.chain.layers.len().checked_sub(1) else { return };
        for command in ESSENTIAL {
            let locked = Scope::ALL.into_iter().find(|scope| keymap.keys_here(scope.path(), command).is_empty());
            let Some(scope) = locked.filter(|_| !self.meant.contains(&command)) else { continue };
            let place = if scope == Scope::Everywhere { String::new() } else { format!(" {}", scope.place()) };
            let message = format!("no key is left for `{}`{place}", command.row().name);
            let hint = if layer == 0 {
                "begin with inherits = \"default\", or bind a key to it under [everywhere]"
            } else {
                "bind a key to it under [everywhere] that no scope unbinds"
            };
            self.refuse(layer, &(0..0), message, Some(hint.to_owned()));
        }
    }

    fn plain(&self) -> Tables {
        let bound = |binding: &Binding| Bound { command: binding.command, written: (binding.layer, binding.at.start) };
        self.tables.each_ref().map(|table| table.iter().map(|(keys, to)| (keys.clone(), bound(to))).collect())
    }
}

/// How to write a line that says `command = "key"`.
fn turned_round(entry: &Entry) -> Option<String> {
    let Value::Text(value) = &entry.value else { return None };
    let turned = Command::named(&entry.key).is_some() && entry.key.parse::<Sequence>().is_err();
    (turned && value.parse::<Sequence>().is_ok() && Command::named(value).is_none())
        .then(|| format!("write \"{value}\" = \"{}\"", entry.key))
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use proptest::prelude::*;

    use super::*;
    use crate::keymap::Lookup;

    fn chain(texts: &[String]) -> Chain {
        let mut chain = Chain { complete: true, ..Chain::default() };
        chain.layers = texts.iter().map(|text| Document::parse("test.toml", text).0).collect();
        chain
    }

    /// Files with few keys and many of them, so that they get into each other's way.
    fn file() -> impl Strategy<Value = String> {
        let line = (0..Scope::ALL.len(), "[ab]( [ab]){0,2}", 0..TABLE.len() + 5);
        proptest::collection::vec(line, 0..8).prop_map(|lines| {
            let mut text = String::new();
            for scope in Scope::ALL {
                let _ = writeln!(text, "[{}]", scope.name());
                if scope == Scope::Everywhere {
                    text.push_str("q = \"quit\"\n\":\" = \"palette\"\nesc = \"back\"\n");
                }
                let mut seen = HashSet::new();
                for (_, keys, command) in lines.iter().filter(|(place, ..)| *place == scope as usize) {
                    let name = TABLE.get(*command).filter(|row| scope.admits(row.command)).map_or(NONE, |row| row.name);
                    if seen.insert(keys) {
                        let _ = writeln!(text, "\"{keys}\" = \"{name}\"");
                    }
                }
            }
            text
        })
    }

    proptest! {
        #[test]
        fn in_an_accepted_keymap_every_key_that_is_shown_can_be_typed(texts in proptest::collection::vec(file(), 1..3)) {
            let (keymap, problems) = resolve("test", &chain(&texts));
            // About half of what is made up is accepted. A rejected case would count against a limit.
            if !problems.is_empty() {
                return Ok(());
            }
            for scope in Scope::ALL {
                for (sequence, command) in keymap.reaching(scope.path()) {
                    for n in 1..sequence.keys().len() {
                        let begun = keymap.lookup(scope.path(), &sequence.keys()[..n]);
                        prop_assert!(matches!(begun, Lookup::Pending(_)), "{sequence} is cut short: {begun:?}");
                    }
                    prop_assert_eq!(keymap.lookup(scope.path(), sequence.keys()), Lookup::Found(command));
                }
                for command in ESSENTIAL {
                    prop_assert!(!keymap.keys_here(scope.path(), command).is_empty());
                }
            }
        }

        #[test]
        fn no_file_breaks_the_reader(text in "(\\[[a-z]{0,4}\\]|\\[list\\]|[a-z \"=.{}\n-]{0,9}|\"g g\" = \"top\"\n){0,12}") {
            for problem in resolve("test", &chain(&[text])).1 {
                prop_assert!(!problem.what.is_empty() && problem.place().0 >= 1);
            }
        }
    }
}
