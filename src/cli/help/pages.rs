//! What the pages of help tell beside the options: which global options mean something, what to type, the exit codes.

use std::fmt::Write as _;

/// One subcommand's page.
#[derive(Debug)]
pub(super) struct Page {
    /// The words after `rounds`.
    pub(super) path: &'static str,
    /// The global options that mean something there.
    options: &'static [&'static [&'static str]],
    /// What `-o` takes there; nothing where it means nothing.
    pub(super) forms: &'static [&'static str],
    /// What `--service` means there.
    pub(super) service: Option<Meant>,
    /// What to type, and what comes of it.
    pub(super) examples: &'static [(&'static str, &'static str)],
    /// Exit codes.
    pub(super) exits: &'static [(&'static str, &'static str)],
}

/// What an option means on one page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Meant {
    pub(super) value: &'static str,
    pub(super) help: &'static str,
}

impl Page {
    /// Whether a global option means something here.
    pub(super) fn offers(&self, id: &str) -> bool {
        match id {
            "output" => !self.forms.is_empty(),
            "services" => self.service.is_some(),
            _ => self.options.iter().any(|group| group.contains(&id)),
        }
    }

    /// What stands below the options.
    pub(super) fn end(&self) -> String {
        let mut text = String::new();
        list(&mut text, "Examples", self.examples);
        list(&mut text, "Exit codes", self.exits);
        text.trim_end().to_owned()
    }
}

fn list(text: &mut String, heading: &str, rows: &[(&str, &str)]) {
    if rows.is_empty() {
        return;
    }
    let widest = rows.iter().map(|(left, _)| left.len()).max().unwrap_or_default();
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{heading}:");
    for (left, right) in rows {
        let _ = writeln!(text, "  {left:<widest$}  {right}");
    }
    text.push('\n');
}

/// The page of a subcommand, by its words.
pub(super) fn of(path: &str) -> Option<&'static Page> {
    PAGES.iter().find(|page| page.path == path)
}

const PLACE: &[&str] = &["config", "context", "profile", "region", "clusters"];
const DEMO: &[&str] = &["demo", "demo_seed"];
/// Of what takes its time, how fast that goes.
const DEMO_LIVES: &[&str] = &["demo", "demo_seed", "demo_speed"];
const SHOWN: &[&str] = &["width", "ascii"];
const WITHIN: &[&str] = &["timeout"];
const READ_ONLY: &[&str] = &["read_only"];
/// How to go about any change.
const HOW: &[&str] = &["dry_run", "yes", "confirm", "no_wait", "wait"];
/// How to go about one of a service.
const HOW_SERVICE: &[&str] = &["force", "allow_downtime", "silence"];

const TEXT_JSON: &[&str] = &["text", "json"];
const TEXT_JSON_MARKDOWN: &[&str] = &["text", "json", "markdown"];
const EVERY_FORM: &[&str] = &["text", "json", "markdown", "nagios"];

const ONE: Option<Meant> =
    Some(Meant { value: "SERVICE", help: "The service, as NAME or CLUSTER/NAME: the same as the word SERVICE" });
const SOME: Option<Meant> =
    Some(Meant { value: "GLOB", help: "Only services that match, by name or cluster/name (may be repeated)" });

const LOOKED: &[(&str, &str)] = &[
    ("0", "ok"),
    ("1", "warning"),
    ("2", "critical"),
    ("3", "unknown: something could not be looked at, or the usage or configuration is wrong"),
];
const ANSWERED: &[(&str, &str)] =
    &[("0", "pass"), ("1", "warn"), ("2", "fail"), ("3", "unknown: it could not be found out, or the usage is wrong")];
const PRINTED: &[(&str, &str)] = &[("0", "printed"), ("3", "it could not be")];
const CHANGED: &[(&str, &str)] = &[
    ("0", "done and verified (with --dry-run: it would be done)"),
    ("1", "done and not verified: gave up, not all could be seen, or not watched"),
    ("2", "failed: refused by the backend, verification failed, or the outcome is unknown"),
    ("3", "refused here: nothing was changed"),
];

const BLANK: Page = Page { path: "", options: &[], forms: &[], service: None, examples: &[], exits: &[] };

const CHECK: Page = Page { options: &[PLACE, DEMO, WITHIN, SHOWN], forms: TEXT_JSON, exits: ANSWERED, ..BLANK };
/// Of checks that can be about one service.
const CHECK_SERVICE: Page = Page { service: ONE, ..CHECK };

const CHANGE: Page =
    Page { options: &[HOW, PLACE, DEMO_LIVES, READ_ONLY, WITHIN, SHOWN], forms: TEXT_JSON, exits: CHANGED, ..BLANK };
const CHANGE_SERVICE: Page =
    Page { options: &[HOW, HOW_SERVICE, PLACE, DEMO_LIVES, READ_ONLY, WITHIN, SHOWN], service: ONE, ..CHANGE };

/// A page of what is only printed.
const TEXT: Page = Page { exits: PRINTED, ..BLANK };

pub(super) static PAGES: &[Page] = &[
    Page {
        path: "",
        options: &[],
        forms: EVERY_FORM,
        service: SOME,
        examples: &[
            ("rounds demo", "try it: a simulated fleet, no configuration"),
            ("rounds", "the console on the current context"),
            ("rounds --once --problems", "what is not ok, and an exit code that says so"),
            ("rounds run", "the runbooks for what fires now"),
            ("rounds do restart api-2", "one change: planned, asked, made, watched"),
        ],
        exits: LOOKED,
    },
    Page {
        path: "demo",
        options: &[&["config", "read_only", "once", "problems", "fail_on", "theme", "keymap", "mouse"], WITHIN, SHOWN],
        forms: EVERY_FORM,
        service: SOME,
        examples: &[
            ("rounds demo", "the console, with something wrong in it"),
            ("rounds demo --scenario bad-deploy --speed 10", "another incident, ten times faster than life"),
            ("rounds demo --once -o json", "one look, for a script to try itself on"),
        ],
        exits: LOOKED,
    },
    Page {
        path: "cost",
        options: &[PLACE, DEMO, WITHIN, SHOWN],
        forms: TEXT_JSON_MARKDOWN,
        examples: &[
            ("rounds cost --services 20 --retention 30d", "what if there were more of it"),
            ("rounds cost --running --measured", "the stack as it runs, its storage as it grows"),
        ],
        ..TEXT
    },
    Page {
        path: "check",
        service: ONE,
        examples: &[
            ("rounds check targets", "which scrape targets are down, and why"),
            ("rounds check tasks api-2", "why the tasks of a service stopped"),
        ],
        ..CHECK
    },
    Page {
        path: "check tasks",
        examples: &[("rounds check tasks api-2", "how its tasks are, and why the stopped ones stopped")],
        ..CHECK_SERVICE
    },
    Page {
        path: "check deployment",
        examples: &[("rounds check deployment api-2", "what rolls, failed or was undone")],
        ..CHECK_SERVICE
    },
    Page {
        path: "check signal",
        examples: &[("rounds check signal api-2 --signal latency-p95", "whether it is past its threshold")],
        ..CHECK_SERVICE
    },
    Page {
        path: "check alerts",
        examples: &[("rounds check alerts", "what fires, and what that has in common")],
        ..CHECK_SERVICE
    },
    Page {
        path: "check targets",
        examples: &[("rounds check targets", "every target that is down, and why")],
        ..CHECK_SERVICE
    },
    Page {
        path: "check discovery",
        examples: &[("rounds check discovery api-2", "its tasks that nothing scrapes")],
        ..CHECK_SERVICE
    },
    Page {
        path: "check exporter",
        examples: &[("rounds check exporter", "the CloudWatch exporter's own errors")],
        ..CHECK
    },
    Page {
        path: "check dns",
        examples: &[("rounds check dns --name grafana.example.com", "what it resolves to, against Route 53")],
        ..CHECK
    },
    Page {
        path: "check tcp",
        examples: &[
            ("rounds check tcp prometheus", "a connection to each of its tasks"),
            ("rounds check tcp --host 10.0.1.17:9090", "to one address"),
        ],
        ..CHECK_SERVICE
    },
    Page {
        path: "check tls",
        examples: &[("rounds check tls --host grafana.example.com", "names, chain, validity")],
        ..CHECK
    },
    Page {
        path: "check alb",
        examples: &[("rounds check alb grafana", "its load balancer, down to the targets")],
        ..CHECK_SERVICE
    },
    Page {
        path: "check security-group",
        examples: &[("rounds check security-group grafana --port 443", "the way from this machine to it")],
        ..CHECK_SERVICE
    },
    Page {
        path: "check storage",
        examples: &[("rounds check storage prometheus", "EFS, the WAL, and when it is full")],
        ..CHECK_SERVICE
    },
    Page {
        path: "check iam",
        examples: &[("rounds check iam prometheus", "what its task role may not do and needs")],
        ..CHECK_SERVICE
    },
    Page {
        path: "check logs",
        examples: &[("rounds check logs api-2 --since 30m", "lines that say what is wrong")],
        ..CHECK_SERVICE
    },
    Page {
        path: "check continuity",
        examples: &[("rounds check continuity --since 6h", "gaps in what was scraped")],
        ..CHECK_SERVICE
    },
    Page { path: "check schema", examples: &[("rounds check schema", "what -o json prints, for a validator")], ..TEXT },
    Page {
        path: "doctor",
        options: &[PLACE, DEMO, WITHIN, SHOWN],
        forms: TEXT_JSON,
        examples: &[("rounds doctor", "all of it"), ("rounds doctor -c prod -o json", "another context, for a script")],
        exits: &[("0", "all well"), ("1", "a warning"), ("2", "something does not work"), ("3", "it could not look")],
        ..BLANK
    },
    Page {
        path: "do",
        examples: &[
            ("rounds do restart api-2 --dry-run", "the plan, and nothing else"),
            ("rounds do scale worker --desired 4 --yes", "without a question"),
            ("rounds do redeploy api-2 --yes --confirm api-2", "the same in production"),
        ],
        ..CHANGE_SERVICE
    },
    Page {
        path: "do restart",
        examples: &[
            ("rounds do restart api-2", "the task in trouble, else the oldest"),
            ("rounds do restart api-2 --task 3f9c", "this one"),
            ("rounds do restart prometheus --allow-downtime", "the only one there is"),
        ],
        ..CHANGE_SERVICE
    },
    Page {
        path: "do redeploy",
        examples: &[("rounds do redeploy api-2 --silence 15m", "its alerts silent until it is verified")],
        ..CHANGE_SERVICE
    },
    Page {
        path: "do scale",
        examples: &[("rounds do scale worker --desired 4", "four tasks, however many there are")],
        ..CHANGE_SERVICE
    },
    Page {
        path: "do rollback",
        examples: &[("rounds do rollback api-2 --dry-run", "what it would go back to, and how that is known")],
        ..CHANGE_SERVICE
    },
    Page {
        path: "do silence",
        service: ONE,
        examples: &[
            ("rounds do silence api-2 --for 1h --comment 'load test'", "one service"),
            ("rounds do silence --matcher severity=info --for 30m", "whatever matches"),
        ],
        ..CHANGE
    },
    Page { path: "do expire", examples: &[("rounds do expire 5f2c41", "by the beginning of its id")], ..CHANGE },
    Page {
        path: "do annotate",
        examples: &[("rounds do annotate 'load test begins' --tag load", "on every dashboard that shows notes")],
        ..CHANGE
    },
    Page { path: "do reload", examples: &[("rounds do reload", "after the rules were changed")], ..CHANGE },
    Page { path: "do schema", examples: &[("rounds do schema", "what -o json prints, for a validator")], ..TEXT },
    Page {
        path: "journal",
        options: &[PLACE, &["demo"], WITHIN, SHOWN],
        forms: TEXT_JSON_MARKDOWN,
        service: Some(Meant { value: "GLOB", help: "Only changes of services that match (may be repeated)" }),
        examples: &[
            ("rounds journal", "the last day"),
            (
                "rounds journal --since 2h -o markdown",
                "a timeline for the post-mortem, alerts and deployments included",
            ),
        ],
        ..TEXT
    },
    Page { path: "config", examples: &[("rounds config check", "before it is relied upon")], ..TEXT },
    Page {
        path: "config check",
        options: &[&["config", "theme", "keymap"]],
        examples: &[("rounds config check --config new.toml", "another file than the one in force")],
        exits: &[("0", "nothing is wrong with it"), ("3", "something is, and it is said where")],
        ..BLANK
    },
    Page {
        path: "config show",
        options: &[&["config", "context"]],
        examples: &[("rounds config show -c prod", "what is in force there")],
        ..TEXT
    },
    Page { path: "config path", options: &[&["config"]], examples: &[("rounds config path", "what is read")], ..TEXT },
    Page {
        path: "config schema",
        options: &[&["once"]],
        examples: &[
            ("rounds config schema", "for an editor"),
            ("rounds config schema --once", "of what `rounds --once -o json` prints"),
        ],
        ..TEXT
    },
    Page {
        path: "config sample",
        examples: &[("rounds config sample > ~/.config/rounds/config.toml", "to begin with")],
        ..TEXT
    },
    Page {
        path: "keys",
        options: &[&["config", "keymap"]],
        examples: &[("rounds keys --keymap emacs", "another keymap than the one in force")],
        ..TEXT
    },
    Page {
        path: "themes",
        examples: &[("rounds themes", "all"), ("rounds themes mono", "what one looks like")],
        ..TEXT
    },
    Page {
        path: "run",
        options: &[HOW, HOW_SERVICE, PLACE, DEMO_LIVES, READ_ONLY, WITHIN, SHOWN],
        forms: TEXT_JSON_MARKDOWN,
        service: ONE,
        examples: &[
            ("rounds run", "which runbooks are for what fires now"),
            ("rounds run high-cpu api-2", "what it finds, and what it would change"),
            ("rounds run prometheus-down --yes --allow-downtime", "its changes too, without a question"),
            ("rounds run bad-deploy -o markdown", "for the ticket"),
        ],
        exits: &[
            ("0", "it looked, and nothing is wrong"),
            ("1", "something to look at"),
            ("2", "the cause was found, or a change failed"),
            ("3", "unknown: it could not look, or the usage is wrong"),
        ],
    },
    Page { path: "runbook", examples: &[("rounds runbook list", "what there is")], ..TEXT },
    Page {
        path: "runbook list",
        options: &[&["config", "width"]],
        forms: TEXT_JSON,
        examples: &[("rounds runbook list", "your own included")],
        exits: &[("0", "listed"), ("3", "a file of your own is refused, and it is said where")],
        ..BLANK
    },
    Page {
        path: "runbook show",
        options: &[&["config", "width"]],
        forms: &["text", "markdown"],
        examples: &[("rounds runbook show prometheus-down", "its steps, and what each looks at")],
        ..TEXT
    },
    Page {
        path: "runbook check",
        examples: &[("rounds runbook check mine.toml", "what is wrong with it, by line")],
        exits: &[("0", "nothing is wrong"), ("3", "something is")],
        ..BLANK
    },
    Page {
        path: "runbook schema",
        examples: &[
            ("rounds runbook schema", "for an editor"),
            ("rounds runbook schema --run", "of `rounds run -o json`"),
        ],
        ..TEXT
    },
    Page {
        path: "logs",
        options: &[PLACE, DEMO_LIVES, WITHIN, &["ascii"]],
        forms: TEXT_JSON,
        service: ONE,
        examples: &[
            ("rounds logs api-2 --since 15m --level warning", "what went wrong lately"),
            ("rounds logs api-2 --follow --grep 'timeout|refused'", "as it comes"),
            ("rounds logs api-2 --task 3f9c21aa -o json", "one task, a line each, stopped ones too"),
        ],
        exits: &[
            ("0", "everything asked for was read"),
            ("1", "a part is missing (said on standard error)"),
            ("3", "nothing could be read"),
        ],
    },
    Page {
        path: "trace",
        options: &[PLACE, DEMO, WITHIN, SHOWN],
        forms: TEXT_JSON,
        service: ONE,
        examples: &[("rounds trace grafana", "where the way to it breaks")],
        exits: ANSWERED,
    },
    Page {
        path: "shell",
        options: &[PLACE, READ_ONLY, WITHIN],
        service: ONE,
        examples: &[
            ("rounds shell api-2 --task 3f9c", "in one of several tasks"),
            ("rounds shell api-2 --yes --confirm api-2", "in production, without a question"),
        ],
        exits: &[("0-255", "what the shell's own was"), ("3", "no shell was opened")],
        ..BLANK
    },
    Page {
        path: "completions",
        examples: &[("rounds completions bash > ~/.local/share/bash-completion/completions/rounds", "for good")],
        ..TEXT
    },
    Page { path: "man", examples: &[("rounds man | man -l -", "to read it")], ..TEXT },
    Page {
        path: "provision",
        examples: &[
            ("rounds provision up --local", "a stack on this machine, to try it"),
            ("rounds provision init", "on AWS: begin here, then plan, apply and output"),
        ],
        ..BLANK
    },
    Page {
        path: "provision render",
        service: Some(Meant { value: "NAME:PORT", help: "A service that is watched (may be repeated)" }),
        examples: &[
            ("rounds provision render --out monitoring", "the example environment"),
            ("rounds provision render --service api:8080 --service web:3000", "other services"),
        ],
        ..TEXT
    },
    Page {
        path: "provision init",
        options: &[&["profile", "region"]],
        examples: &[("rounds provision init --dir monitoring", "asks what it cannot find out")],
        exits: &[("0", "written"), ("3", "refused: nothing was written")],
        ..BLANK
    },
    Page {
        path: "provision plan",
        options: &[&["config", "context", "profile", "region"]],
        forms: TEXT_JSON,
        examples: &[("rounds provision plan --dir monitoring", "what would be made, and its monthly cost")],
        ..BLANK
    },
    Page {
        path: "provision apply",
        options: &[&["config", "context", "profile", "region", "read_only", "ascii"]],
        forms: TEXT_JSON,
        examples: &[("rounds provision apply --dir monitoring", "exactly what was planned")],
        ..BLANK
    },
    Page {
        path: "provision destroy",
        options: &[&["config", "context", "profile", "region", "read_only", "ascii"]],
        forms: TEXT_JSON,
        examples: &[("rounds provision destroy --dir monitoring", "after the environment's name was typed")],
        exits: &[
            ("0", "destroyed"),
            ("1", "stopped with things left"),
            ("2", "failed"),
            ("3", "refused: nothing was destroyed"),
        ],
        ..BLANK
    },
    Page {
        path: "provision output",
        options: &[&["config", "context"]],
        forms: TEXT_JSON,
        examples: &[("rounds provision output --dry-run", "what would be written to the configuration")],
        exits: &[("0", "written, or as it should be"), ("3", "nothing was written")],
        ..BLANK
    },
    Page {
        path: "provision up",
        examples: &[
            ("rounds provision up --local", "in the background"),
            ("rounds provision up --local --scenario hot-cpu --foreground", "until Ctrl-C"),
        ],
        exits: &[("0", "it is up"), ("3", "it could not be brought up")],
        ..BLANK
    },
    Page {
        path: "provision status",
        options: &[PLACE, WITHIN],
        forms: TEXT_JSON,
        examples: &[("rounds provision status", "on AWS"), ("rounds provision status --local", "on this machine")],
        ..BLANK
    },
    Page { path: "provision schema", examples: &[("rounds provision schema status", "of one of them")], ..TEXT },
    Page {
        path: "provision down",
        examples: &[("rounds provision down --local --purge", "and remove its data")],
        exits: &[("0", "nothing of it runs any more"), ("3", "something could not be stopped")],
        ..BLANK
    },
    Page {
        path: "provision fleet",
        examples: &[("rounds provision fleet --scenario memory-leak", "for a Prometheus of your own")],
        exits: &[("0", "it was stopped"), ("3", "it could not be served")],
        ..BLANK
    },
];
