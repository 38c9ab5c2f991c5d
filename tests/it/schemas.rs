//! What is printed as JSON fits the schema that is printed for it.

use serde_json::Value;

use crate::support::moto::python;
use crate::support::process::tool;
use crate::support::rounds::Rounds;

/// Says what of a document does not fit its schema, and that the schema is one.
const VALIDATE: &str = "
import json, sys
import jsonschema
schema, document = (json.load(open(path)) for path in sys.argv[1:])
jsonschema.Draft202012Validator.check_schema(schema)
errors = jsonschema.Draft202012Validator(schema).iter_errors(document)
sys.exit('\\n'.join(f'{error.json_path}: {error.message}' for error in errors) or 0)
";

/// A command as it is typed.
type Words = &'static [&'static str];

/// How a schema is printed, and documents it is of: the simulated fleet's scenario, and what is asked of it.
const PRINTED: [(Words, &[(&str, Words)]); 6] = [
    (
        &["check", "schema"],
        &[
            ("wedged-task", &["check", "tasks", "--service", "api-2"]),
            ("wedged-task", &["check", "logs", "--service", "api-2"]),
            ("healthy", &["check", "targets"]),
            ("vpn-down", &["check", "targets"]),
            ("grafana-unreachable", &["check", "alb", "--service", "grafana"]),
            ("metrics-stopped", &["check", "discovery"]),
        ],
    ),
    (&["trace", "--schema"], &[("healthy", &["trace", "grafana"]), ("grafana-unreachable", &["trace", "grafana"])]),
    (
        &["do", "schema"],
        &[
            ("wedged-task", &["do", "restart", "--service", "api-2", "--yes", "--silence", "10m"]),
            ("healthy", &["do", "redeploy", "--service", "web", "--dry-run"]),
            ("healthy", &["do", "scale", "--desired", "3", "--service", "web", "--yes", "--read-only"]),
        ],
    ),
    (&["journal", "--schema"], &[("healthy", &["journal"])]),
    (
        &["runbook", "schema", "--run"],
        &[
            ("wedged-task", &["run", "error-rate", "--yes"]),
            ("healthy", &["run", "metrics-stopped"]),
            ("prometheus-down", &["run", "prometheus-down"]),
        ],
    ),
    (&["config", "schema", "--once"], &[("mixed-bad-day", &["--once"]), ("healthy", &["--once"])]),
];

/// Fails unless a document fits its schema, and that is one.
pub(crate) fn expect_fit(schema: &Value, document: &Value) {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, value: &Value| {
        let path = folder.path().join(name);
        std::fs::write(&path, value.to_string()).unwrap();
        path.into_os_string()
    };
    let (schema, document) = (write("schema.json", schema), write("document.json", document));
    tool(&python(), ["-c".into(), VALIDATE.into(), schema, document]);
}

#[test]
fn every_document_fits_the_schema_printed_for_it() {
    // One home: what changes there stands in the journal that is looked at afterwards.
    let home = Rounds::new(Vec::<String>::new());
    for (printed, documents) in PRINTED {
        let schema = home.again(printed).run().expect_code(0).json();
        for (scenario, asked) in documents {
            let words = [&["--demo", scenario, "--demo-speed", "60", "-o", "json"], *asked].concat();
            expect_fit(&schema, &home.again(&words).run().json());
        }
    }
    let journal = home.again(&["--demo", "healthy", "-o", "json", "journal"]).run().json();
    assert!(journal["changes"].as_array().unwrap().len() >= 3, "there was something to validate: {journal:#}");
}

#[test]
fn a_document_that_does_not_fit_is_noticed() {
    let home = Rounds::new(["check", "schema"]);
    let schema = home.run().expect_code(0).json();
    let missing = home.file("document.json", r#"{"schema": "rounds.check/1"}"#, 0o600);
    let schema = home.file("schema.json", &schema.to_string(), 0o600);
    let said = std::process::Command::new(python()).args(["-c", VALIDATE]).args([schema, missing]).output().unwrap();
    let said = (said.status.success(), String::from_utf8(said.stderr).unwrap());
    assert!(!said.0 && said.1.contains("'summary' is a required property"), "{said:?}");
}
