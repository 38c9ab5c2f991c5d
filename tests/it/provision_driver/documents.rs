//! What `-o json` prints, however early it ends.

use serde_json::Value;

use super::stage::Stage;
use crate::schemas::expect_fit;
use crate::support::rounds::Rounds;

/// With a key that is none.
const CONFIG: &str = "[contexts.stage]\naws = { region = \"us-east-1\" }\ncolour = 3\n";

fn schema(of: &str) -> Value {
    Rounds::new(["provision", "schema", of]).run().expect_code(0).json()
}

#[test]
fn a_program_that_is_missing_or_too_old_is_told_with_what_to_do() {
    let stage = Stage::new();
    std::fs::write(stage.at("bin/version.json"), r#"{"terraform_version":"1.9.8"}"#).unwrap();
    let old = stage.rounds("plan").run().expect_code(3);
    assert!(old.stderr.contains("terraform 1.9.8 is too old: 1.11 is needed"), "{old:#?}");
    std::fs::write(stage.at("bin/version.json"), "no version").unwrap();
    let odd = stage.rounds("plan").run().expect_code(3);
    assert!(odd.stderr.contains("does not tell its version"), "{odd:#?}");
    let missing = stage.rounds("plan").env("PATH", stage.at("state").display().to_string()).run().expect_code(3);
    assert!(
        missing.stderr.contains("neither terraform nor tofu") && missing.stderr.contains("install"),
        "{missing:#?}"
    );
    assert!(!stage.read("bin/calls").contains("plan"));
}

#[test]
fn every_document_has_the_fields_of_its_schema_and_no_others() {
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<std::collections::BTreeSet<_>>();
    let stage = Stage::new();
    let demo = ["--demo", "healthy", "provision", "status", "-o", "json"];
    for (of, document) in [
        ("plan", stage.rounds("plan -o json").run().expect_code(0).json()),
        ("plan", stage.rounds("apply --yes -o json").run().expect_code(0).json()),
        ("plan", stage.rounds("apply -o json").run().expect_code(3).json()),
        ("output", stage.rounds("output --dry-run -o json").run().expect_code(0).json()),
        ("status", Rounds::new(demo).run().expect_code(0).json()),
    ] {
        let schema = schema(of);
        assert_eq!(keys(&document), keys(&schema["properties"]), "{of}: {document:#}");
        let version = document["schema"].as_str().unwrap();
        let id = schema["$id"].as_str().unwrap().trim_start_matches("rounds/").replace('-', ".");
        assert_eq!(format!("rounds.{id}"), version);
        assert_eq!(document["exit_code"].as_u64().unwrap() == 3, document.get("refused").is_some_and(Value::is_object));
    }
}

#[test]
fn what_fails_before_it_begins_has_a_document_of_the_same_form() {
    let empty = |stage: &Stage| stage.at("state").display().to_string();
    for (words, of) in
        [("plan", "plan"), ("apply --yes", "plan"), ("destroy --yes --confirm stage", "plan"), ("output", "output")]
    {
        let stage = Stage::new();
        let old = || std::fs::write(stage.at("bin/version.json"), r#"{"terraform_version":"1.9.8"}"#).unwrap();
        let named = format!("{words} -o json");
        let missing = stage.rounds(&named).env("PATH", empty(&stage)).run();
        old();
        let too_old = stage.rounds(&named).run();
        std::fs::remove_file(stage.at("module/main.tf")).unwrap();
        let no_module = stage.rounds(&named).run();
        std::fs::remove_dir(stage.at("module")).unwrap();
        let no_folder = stage.rounds(&named).run();
        let module = stage.at("module").display().to_string();
        for (ended, what, place) in [
            (missing, "neither terraform nor tofu", "PATH".to_owned()),
            (too_old, "terraform 1.9.8 is too old", stage.at("bin/terraform").display().to_string()),
            (no_module, "holds no Terraform module", module.clone()),
            (no_folder, "cannot open", module),
        ] {
            let ended = ended.expect_code(3);
            let document = ended.json();
            expect_fit(&schema(of), &document);
            let error = &document["error"];
            assert!(error["what"].as_str().unwrap().contains(what), "{words}: {document:#}");
            assert!(error["hint"].is_string() && error["where"] == *place, "{words}: {document:#}");
            assert_eq!(document["exit_code"], 3);
            assert!(ended.stderr.contains(what), "people read it too: {ended:#?}");
        }
    }
}

#[test]
fn a_refused_configuration_is_told_with_its_place() {
    let stage = Stage::new();
    for (words, of) in [("plan", "plan"), ("status", "status"), ("output", "output")] {
        let ended = stage.rounds(&format!("{words} -o json")).config(CONFIG).run();
        let document = ended.expect_code(3).json();
        expect_fit(&schema(of), &document);
        let text = |key: &str| document["error"][key].as_str().unwrap();
        assert_eq!(text("what"), "unknown key `colour` in [contexts.stage]", "{words}: {document:#}");
        assert!(text("where").ends_with("config.toml:3:1") && text("hint").starts_with("known here"), "{document:#}");
    }
}

#[test]
fn a_run_that_fails_tells_where_it_failed() {
    let stage = Stage::new().apply("cat \"$here/apply-failed.jsonl\"; exit 1");
    let document = stage.rounds("apply --yes -o json").run().expect_code(2).json();
    expect_fit(&schema("plan"), &document);
    assert_eq!(document["error"]["where"], "prometheus.tf:41:3", "{document:#}");
    assert!(document["error"]["what"].as_str().unwrap().contains("1 done, 1 failed, 1 not begun"), "{document:#}");
    assert_eq!((&document["refused"], &document["outcome"]["outcome"]), (&Value::Null, &"failed".into()));
    let broken = Stage::new().scripted("init) mkdir", "init) echo 'no such backend' >&2; exit 1; mkdir");
    let document = broken.rounds("plan -o json").run().expect_code(2).json();
    assert!(document["error"]["what"].as_str().unwrap().contains("no such backend"), "{document:#}");
}

#[test]
fn a_local_stack_that_is_not_there_has_a_document() {
    let folder = tempfile::tempdir().unwrap();
    let words = ["provision", "status", "--local", "-o", "json", "--dir", folder.path().to_str().unwrap()];
    let document = Rounds::new(words).run().expect_code(3).json();
    assert!(document["is_up"] == false && document["error"]["hint"].is_string(), "{document:#}");
}
