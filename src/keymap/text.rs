//! A keymap as a table: for `rounds keys` and for the manual.

use std::fmt::Write as _;

use crate::{
    command::{Command, Scope, TABLE, reference_markdown as commands_markdown},
    format::{pad_right, width},
};

use super::{KEYMAPS, Keymap, Sequence, load};

/// The keymap as a table for the terminal: where, keys, command, what it does; then the commands without a key.
pub fn describe(keymap: &Keymap) -> String {
    let rows = rows(keymap);
    let widest = |column: fn(&Row) -> &str| rows.iter().map(|row| width(column(row))).max().unwrap_or_default();
    let (wheres, keys, names) = (widest(|row| row.place), widest(|row| &row.keys), widest(|row| row.name));
    let mut text = format!("keymap {}", keymap.name());
    if !keymap.about().is_empty() {
        let _ = write!(text, ": {}", keymap.about());
    }
    text.push('\n');
    let mut last = "";
    for row in &rows {
        if row.place != last {
            text.push('\n');
        }
        let place = if row.place == last { "" } else { row.place };
        last = row.place;
        let (place, keys) = (pad_right(place, wheres), pad_right(&row.keys, keys));
        let _ = writeln!(text, "{place}  {keys}  {}  {}", pad_right(row.name, names), row.doc);
    }
    text
}

/// One line of the table.
struct Row {
    place: &'static str,
    keys: String,
    name: &'static str,
    doc: &'static str,
}

fn rows(keymap: &Keymap) -> Vec<Row> {
    let mut rows = Vec::new();
    for scope in Scope::ALL {
        for row in TABLE {
            let keys = keymap.keys_in(scope, row.command);
            if !keys.is_empty() {
                rows.push(Row { place: scope.place(), keys: listed(&keys, ""), name: row.name, doc: row.doc });
            }
        }
    }
    for row in TABLE.iter().filter(|row| keymap.keys_for(row.command).is_empty()) {
        rows.push(Row { place: "by name only", keys: String::new(), name: row.name, doc: row.doc });
    }
    rows
}

fn listed(keys: &[Sequence], quote: &str) -> String {
    keys.iter().map(|keys| format!("{quote}{keys}{quote}")).collect::<Vec<_>>().join(", ")
}

/// The page of the manual on keys: the shipped keymaps side by side, how to write one, and all commands.
pub fn reference_markdown() -> String {
    let keymaps: Vec<Keymap> = KEYMAPS.shipped.iter().filter_map(|shipped| load(shipped.name, None).ok()).collect();
    let mut page = String::from(INTRODUCTION);
    for keymap in &keymaps {
        let _ = writeln!(page, "- `{}`: {}", keymap.name(), keymap.about());
    }
    let names: Vec<&str> = keymaps.iter().map(Keymap::name).collect();
    for scope in Scope::ALL {
        let mut lines = String::new();
        for row in TABLE {
            let keys: Vec<String> = keymaps.iter().map(|keymap| cell(keymap, scope, row.command)).collect();
            if keys.iter().any(|keys| !keys.is_empty()) {
                let _ = writeln!(lines, "| {} | {} |", row.doc, keys.join(" | "));
            }
        }
        if !lines.is_empty() {
            let (names, rule) = (names.join(" | "), " --- |".repeat(names.len()));
            let _ = write!(page, "\n## Keys {}\n\n| what it does | {names} |\n| --- |{rule}\n{lines}", scope.place());
        }
    }
    page + WRITING + &commands_markdown()
}

fn cell(keymap: &Keymap, scope: Scope, command: Command) -> String {
    listed(&keymap.keys_in(scope, command), "`").replace('|', "\\|")
}

const INTRODUCTION: &str = "\
# Keys

This page is written by the program's own tables (`ROUNDS_BLESS=1 cargo test` writes it anew). The keys of your own
keymap, with all it changes, are shown by `rounds keys` and, for the screen you are on, by `?`.

A key does what the screen's own scope says, then what lists say, then what is said for everywhere. Keys typed into a
filter, the palette or any other line are text and never act. `ctrl-c` ends the program in every keymap; in a line, a
menu or a question it leaves only that, as `esc` does, and the next one ends the program.

";

const WRITING: &str = r#"
## A keymap of your own

Choose a keymap with `keymap = "NAME"` under `[ui]` of the configuration; `NAME.toml` is looked for in the `keymaps`
directory beside the configuration file, then among the shipped ones. A path works as well.

```toml
inherits = "default"            # all keys of another keymap, to begin with
about = "mine"                  # what `rounds keys` says of it

[everywhere]
"f5" = "refresh"                # key = "command"
"ctrl-x ctrl-c" = "quit"        # one key after the other, with a space between

[list]
"G" = "none"                    # G does nothing in lists

[service]
"ctrl-right" = "span-longer"
```

- Keys: a character as it is typed (`G`, not shift and `g`), `ctrl-x`, `alt-x`, `ctrl-alt-x`, `f1` to `f24`, and
  `space enter esc tab shift-tab backspace delete insert up down left right pgup pgdn home end`.
- Scopes: `[everywhere]`, `[list]`, `[overview]`, `[service]`. A screen's own scope is asked first.
- `"none"` makes a key do nothing in its scope, also where a wider scope binds it.
- Your key wins over an inherited one in the same scope, also where one is the beginning of the other (`g` and `g g`).
- A file is refused as a whole, with the line and the reason of everything that is wrong in it, and the program goes on
  with `default`: unknown commands and scopes, what is no key or cannot arrive from a terminal, a key bound twice, a key
  that is the beginning of another, a command where it means nothing, and a keymap without a key for `quit`, `back` or
  `palette`.

## Commands

What a keymap can bind and the palette (`:`) can run.

"#;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::located::corpus;

    #[test]
    fn the_manual_is_up_to_date() {
        corpus::page("docs/keys.md", &reference_markdown());
    }

    #[test]
    fn a_keymap_is_described_with_every_command_once_or_more() {
        for shipped in KEYMAPS.shipped {
            let text = describe(&load(shipped.name, None).unwrap());
            for row in TABLE {
                assert!(text.contains(&format!("  {}", row.name)), "{}: {} is missing", shipped.name, row.name);
            }
        }
        let text = describe(&Keymap::default());
        assert!(text.starts_with("keymap default: arrows"), "{text}");
        assert!(
            text.lines().any(|line| line.contains("r, f5, ctrl-r") && line.ends_with("read every source now")),
            "{text}"
        );
    }

    #[test]
    fn a_command_without_a_key_is_still_listed() {
        let keymap = load("tests/fixtures/keymaps/good/unbound.toml", None).unwrap();
        let text = describe(&keymap);
        let (_, by_name) = text.split_once("by name only").unwrap();
        assert!(by_name.contains("suspend"), "{text}");
    }
}
