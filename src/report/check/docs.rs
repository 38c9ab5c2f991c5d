//! `docs/checks.md`: written by the code, and checked to be up to date.

use std::fmt::Write as _;

use super::json;
use super::tests::result;
use crate::domain::{CheckKind, HopKind};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/checks.md");

#[test]
fn the_page_about_checks_says_what_the_code_does() {
    let fresh = page();
    if std::env::var_os("ROUNDS_BLESS").is_some() {
        std::fs::write(PAGE, &fresh).unwrap();
    } else {
        let page = std::fs::read_to_string(PAGE).unwrap_or_default();
        assert!(page == fresh, "docs/checks.md is out of date; run: ROUNDS_BLESS=1 cargo test --lib report");
    }
}

fn page() -> String {
    let mut out = String::from(HEAD);
    out.push_str("| check | what it does |\n| --- | --- |\n");
    for row in CheckKind::ROWS {
        let _ = writeln!(out, "| [`{}`](#{}) | {} |", row.name, row.name, row.doc);
    }
    out.push_str("\n## The way of a request\n\n");
    let hops: Vec<&str> = HopKind::ALL.iter().map(|hop| hop.word()).collect();
    let _ = writeln!(out, "{TRACE}{}.\n", hops.join(" -> "));
    out.push_str(JSON);
    let _ = writeln!(out, "```json\n{}```\n", json(&result()));
    out.push_str("## Reference\n\n");
    for row in CheckKind::ROWS {
        let _ = writeln!(out, "### {}\n\n{}{}.\n", row.name, row.doc[..1].to_uppercase(), &row.doc[1..]);
        if !row.options.is_empty() {
            out.push_str("| option | meaning |\n| --- | --- |\n");
            for option in row.options {
                let required = if option.required { " (required)" } else { "" };
                let _ = writeln!(out, "| `--{}` | {}{required} |", option.name, option.doc);
            }
            out.push('\n');
        }
        out.push_str("| cause | meaning |\n| --- | --- |\n");
        for cause in row.causes {
            let _ = writeln!(out, "| `{}` | {} |", cause.name, cause.doc);
        }
        let facts = row.kind.facts();
        if !facts.is_empty() {
            out.push_str("\n| fact | meaning |\n| --- | --- |\n");
            for (name, doc) in facts {
                let _ = writeln!(out, "| `{name}` | {doc} |");
            }
        }
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

const HEAD: &str = "# Checks

A check is one read-only question: it looks, says what it saw and where, names what is the matter, and gives the next
step. Runbooks are made of them; each is a command of its own too. This page is written by the program.

```sh
rounds check tasks --service prometheus
rounds check tcp --host 10.0.1.7:8080
rounds check security-group --from 203.0.113.7
rounds trace grafana
rounds check alb --demo grafana-unreachable
```

What could not be seen is `unknown`, with why: where AWS denies a call, the IAM action to allow is named, and everything
else is answered all the same. Exit codes: 0 pass, 1 warn, 2 fail, 3 it could not be found out.

This machine's address, for `security-group`, is told without asking anybody: where it has an address of the internet, or
the load balancer is internal, it is the one packets are sent from. Behind a translation it is not known; then an attempt
to connect tells whether it is let in, and `--from` follows the rules for any address or range.

";

const TRACE: &str =
    "`rounds trace SERVICE` walks the way a request takes, looks at every hop even where one before it is
broken, and marks the first broken one: ";

const JSON: &str = "## JSON

`-o json` gives one object, `rounds.check/1` (for `rounds trace`: `rounds.trace/1`, with `hops` and `broken`). Fields are
added, not taken away, within a version. `rounds check schema` and `rounds trace --schema` print the JSON Schema of each.

";
