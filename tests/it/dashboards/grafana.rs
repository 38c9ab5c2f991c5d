//! Dashboards against Grafana's own JSON schemas.

use std::process::Command;

use serde_json::{Value, json};

use super::{Board, boards, folder};
use crate::support::moto::python;
use crate::support::process::repository;

/// What the schemas say against dashboards; nothing when all is well.
fn objections(files: impl IntoIterator<Item = std::path::PathBuf>) -> String {
    let fixtures = repository().join("tests/fixtures/dashboards");
    let output = Command::new(python())
        .arg(fixtures.join("validate.py"))
        .arg(fixtures.join("schema"))
        .args(files)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(complained.is_empty(), "{complained}");
    assert_eq!(output.status.success(), said.trim().is_empty(), "{said}");
    said
}

#[test]
fn grafanas_schemas_accept_every_dashboard() {
    assert_eq!(objections(boards().iter().map(|board| folder().join(&board.file))).trim(), "");
}

/// What is done to a dashboard, how, and the words it must be found with.
type Damage = (&'static str, fn(&mut Value), &'static str);

#[test]
fn the_schemas_find_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let broken: [Damage; 6] = [
        ("a width that is a text", |board| board["panels"][0]["gridPos"]["w"] = json!("24"), "'24' is not of type"),
        ("a field that is none", |board| board["editble"] = json!(false), "'editble' was unexpected"),
        (
            "a mode that is none",
            |board| board["panels"][0]["fieldConfig"]["defaults"]["thresholds"]["mode"] = json!("absolut"),
            "absolut",
        ),
        ("an option that is none", |board| board["panels"][0]["options"]["colourMode"] = json!("value"), "colourMode"),
        ("a kind of panel that is none", |board| board["panels"][0]["type"] = json!("graff"), "graff"),
        (
            "a variable without a name",
            |board| {
                let variable = board["templating"]["list"][0].as_object_mut().unwrap();
                variable.remove("name").unwrap();
            },
            "'name' is a required property",
        ),
    ];
    for (what, breaks, words) in broken {
        let Board { file, mut json } = boards().into_iter().find(|board| board.file == "infrastructure.json").unwrap();
        breaks(&mut json);
        let path = folder.path().join(file);
        std::fs::write(&path, json.to_string()).unwrap();
        let said = objections([path]);
        assert!(said.contains(words), "{what}: {said}");
    }
}
