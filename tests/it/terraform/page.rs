//! The module's pages and templates: what is written about them is what they are.

use std::fmt::Write as _;

use crate::support::process::repository;

fn read(file: &str) -> String {
    std::fs::read_to_string(repository().join("provision").join(file)).unwrap()
}

/// A block of HCL as `terraform fmt` lays it out.
struct Block<'t> {
    name: &'t str,
    lines: Vec<&'t str>,
}

/// The blocks of a file that begin with a word.
fn blocks<'t>(text: &'t str, word: &str) -> Vec<Block<'t>> {
    let mut lines = text.lines();
    let mut blocks = Vec::new();
    while let Some(line) = lines.next() {
        if let Some(name) = line.strip_prefix(&format!("{word} \"")) {
            let name = name.trim_end_matches("\" {");
            blocks.push(Block { name, lines: lines.by_ref().take_while(|line| *line != "}").collect() });
        }
    }
    blocks
}

impl Block<'_> {
    /// What follows `name = ` of the block itself.
    fn argument(&self, name: &str) -> Option<(usize, &str)> {
        self.lines.iter().enumerate().find_map(|(at, line)| {
            let rest = line.strip_prefix("  ")?.strip_prefix(name)?.trim_start();
            Some((at, rest.strip_prefix('=')?.trim_start()))
        })
    }

    /// The lines of an argument that goes over several, without their indentation.
    fn lines_of(&self, name: &str, end: impl Fn(&str) -> bool) -> Vec<String> {
        let (at, _) = self.argument(name).unwrap();
        let inside = self.lines[at + 1..].iter().take_while(|line| !end(line));
        inside.map(|line| line.get(4..).unwrap_or_default().to_owned()).collect()
    }

    fn description(&self) -> Vec<String> {
        let (_, text) = self.argument("description").unwrap_or_else(|| panic!("{} is described nowhere", self.name));
        if text.starts_with("<<-EOT") {
            return self.lines_of("description", |line| line.trim() == "EOT");
        }
        vec![text.trim_matches('"').replace("\\\"", "\"")]
    }
}

/// Inputs and outputs, as a page.
fn reference() -> String {
    let mut page = "# Inputs and outputs\n\n<!-- Generated from variables.tf and outputs.tf. To renew it: \
                    ROUNDS_BLESS=1 cargo test --test it terraform -->\n\n## Inputs\n"
        .to_owned();
    let text = read("variables.tf");
    for variable in blocks(&text, "variable") {
        let (_, kind) = variable.argument("type").unwrap();
        let default =
            variable.argument("default").map_or("required".to_owned(), |(_, value)| format!("default `{value}`"));
        let is_nested = kind.contains("({");
        let kind = if is_nested { kind.trim_end_matches("({").replace('(', " of ") } else { kind.to_owned() };
        let description = variable.description().join("\n");
        write!(page, "\n### `{}`\n\n{kind}, {default}\n\n{}\n", variable.name, description.trim_end()).unwrap();
        if is_nested {
            let fields = variable.lines_of("type", |line| line.starts_with("  })"));
            write!(page, "\n```hcl\n{}\n```\n", fields.join("\n")).unwrap();
        }
    }
    page.push_str("\n## Outputs\n\n| output | what it is |\n| --- | --- |\n");
    for output in blocks(&read("outputs.tf"), "output") {
        writeln!(page, "| `{}` | {} |", output.name, output.description().join(" ")).unwrap();
    }
    page
}

#[test]
fn the_reference_lists_every_input_and_output() {
    let fresh = reference();
    assert!(fresh.matches("\n### `").count() > 25, "{fresh}");
    if std::env::var_os("ROUNDS_BLESS").is_some() {
        std::fs::write(repository().join("provision/reference.md"), &fresh).unwrap();
    }
    let kept = read("reference.md");
    assert!(kept == fresh, "reference.md is out of date; run: ROUNDS_BLESS=1 cargo test --test it terraform");
}

/// Terraform and the program render the same files: what one of them would not know may not be in them.
#[test]
fn templates_use_the_words_that_every_renderer_knows() {
    let is_path = |path: &str| {
        path.split('.').all(|word| {
            word.starts_with(|c: char| c.is_ascii_lowercase())
                && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        })
    };
    let mut directives = 0;
    for folder in ["configs", "rules"] {
        for entry in std::fs::read_dir(repository().join("provision").join(folder)).unwrap() {
            let file = entry.unwrap().path();
            if file.extension().is_none_or(|extension| extension != "tftpl") {
                continue;
            }
            for (number, line) in std::fs::read_to_string(&file).unwrap().lines().enumerate() {
                let place = format!("{}:{}: {line}", file.display(), number + 1);
                for after in line.replace("$${", "").split("${").skip(1) {
                    let (path, _) = after.split_once('}').unwrap_or_else(|| panic!("{place}"));
                    assert!(is_path(path), "{place}");
                }
                if !line.replace("%%{", "").contains("%{") {
                    continue;
                }
                let directive = line.strip_prefix("%{ ").and_then(|line| line.strip_suffix(" ~}"));
                let words: Vec<&str> = directive.unwrap_or_else(|| panic!("{place}")).split_whitespace().collect();
                let is_known = match words[..] {
                    ["else" | "endif" | "endfor"] => true,
                    // Whether a variable is there at all: one that only some renderers are given.
                    ["if", path] => {
                        is_path(path.strip_prefix("can(").and_then(|p| p.strip_suffix(')')).unwrap_or(path))
                    }
                    ["for", _, "in", path] => is_path(path),
                    ["for", key, value, "in", path] => key.ends_with(',') && is_path(value) && is_path(path),
                    _ => false,
                };
                assert!(is_known, "{place}");
                directives += 1;
            }
        }
    }
    assert!(directives > 30, "{directives}");
}
