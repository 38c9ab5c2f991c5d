//! What a saved plan was made from: the state, the module's files, the workspace and the variables. When one of them is
//! another, the plan is of a world that is gone.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Folder, TerraformError, Tool, capture};

/// Ends of names that the program takes for its configuration by itself.
const CONFIGURATION: [&str; 6] = [".tf", ".tf.json", ".tofu", ".tofu.json", ".tfvars", ".tfvars.json"];

/// Larger files are told apart by length and time of change, in bytes: nobody waits for archives to be read.
const LARGE: u64 = 4 << 20;

/// What the environment has for the program beside credentials.
const VARIABLES: [&str; 4] = ["TF_VAR_", "TF_CLI_ARGS_plan", "TF_CLI_ARGS_init", "TF_CLI_CONFIG_FILE"];

/// What a plan was made from. Holds no value of anything: digests alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Basis {
    /// The state; nothing where there was none yet.
    state: Option<State>,
    workspace: String,
    /// Of variables and arguments in the environment.
    variables: String,
    /// Of every file, by its path.
    files: BTreeMap<PathBuf, String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct State {
    lineage: String,
    serial: u64,
}

impl Basis {
    /// What a plan would be made from now. Asks for the state, which is not kept.
    ///
    /// # Errors
    /// The state cannot be read.
    pub async fn of(tool: &Tool, folder: &Folder) -> Result<Self, TerraformError> {
        let pulled = capture(tool, folder, &["state".into(), "pull".into()]).await?;
        let state = if pulled.trim_ascii().is_empty() {
            None
        } else {
            let read = serde_json::from_slice::<State>(&pulled);
            Some(read.map_err(|error| TerraformError::new(format!("{} state pull: {error}", tool.name)))?)
        };
        Ok(Self { state, workspace: workspace(folder), variables: variables(folder), files: files(folder) })
    }

    /// The same with files that planning itself has made, such as archives. Configuration it makes none of.
    #[must_use]
    pub fn with_new_files(mut self, folder: &Folder) -> Self {
        for (path, digest) in files(folder) {
            if !is_configuration(path.as_os_str().as_bytes()) {
                self.files.entry(path).or_insert(digest);
            }
        }
        self
    }

    /// What is another `now`, where anything is.
    pub fn changed(&self, now: &Self) -> Option<String> {
        if self.workspace != now.workspace {
            return Some(format!("it is for the workspace {}, and this is {}", self.workspace, now.workspace));
        }
        match (&self.state, &now.state) {
            (Some(old), Some(new)) if old.lineage != new.lineage => return Some("it is for another state".to_owned()),
            (Some(old), Some(new)) if old.serial != new.serial => {
                return Some(format!("the state has changed since: serial {}, then {}", new.serial, old.serial));
            }
            (None, Some(_)) => return Some("there was no state then, and there is one now".to_owned()),
            (Some(_), None) => return Some("the state it is for is gone".to_owned()),
            _ => {}
        }
        let paths = self.files.keys().chain(now.files.keys().filter(|path| !self.files.contains_key(*path)));
        let mut differing = paths.filter(|path| self.files.get(*path) != now.files.get(*path));
        if let Some(first) = differing.next() {
            let how = match (self.files.contains_key(first), now.files.contains_key(first)) {
                (true, true) => "was changed since",
                (true, false) => "was removed since",
                _ => "is new",
            };
            let more = differing.count();
            let more = if more > 0 { format!(", and {more} more") } else { String::new() };
            return Some(format!("{} {how}{more}", first.display()));
        }
        (self.variables != now.variables).then(|| "variables in the environment are others now".to_owned())
    }

    /// Reads what was written beside a plan; nothing where that is not there or not understood.
    pub fn read(file: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(file).ok()?).ok()
    }

    /// Writes it beside a plan, for its owner only.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, file: &Path) -> Result<(), TerraformError> {
        let cannot = |why: String| TerraformError::new(format!("cannot write {}: {why}", file.display()));
        let text = serde_json::to_vec(self).map_err(|error| cannot(error.to_string()))?;
        let mut options = fs::OpenOptions::new();
        let opened = options.write(true).create(true).truncate(true).mode(0o600).open(file);
        opened
            .and_then(|mut opened| std::io::Write::write_all(&mut opened, &text))
            .map_err(|error| cannot(error.to_string()))
    }
}

/// Whether a folder is a module.
pub fn holds_a_module(folder: &Path) -> bool {
    let code = CONFIGURATION.iter().filter(|end| !end.contains("tfvars"));
    let is_code = |name: &[u8]| code.clone().any(|end| name.ends_with(end.as_bytes()));
    fs::read_dir(folder).into_iter().flatten().flatten().any(|entry| is_code(entry.file_name().as_bytes()))
}

fn is_configuration(name: &[u8]) -> bool {
    CONFIGURATION.iter().any(|end| name.ends_with(end.as_bytes()))
}

/// The workspace, as the program itself finds it.
fn workspace(folder: &Folder) -> String {
    let chosen =
        std::env::var("TF_WORKSPACE").ok().or_else(|| fs::read_to_string(folder.data.join("environment")).ok());
    chosen.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).unwrap_or_else(|| "default".to_owned())
}

fn variables(folder: &Folder) -> String {
    let is_meant = |name: &str| VARIABLES.iter().any(|known| name.starts_with(known));
    let own = std::env::vars_os().map(|(name, value)| (name.to_string_lossy().into_owned(), value));
    let mut all: Vec<_> = own.filter(|(name, _)| is_meant(name)).collect();
    all.extend(folder.environment.iter().map(|(name, value)| (name.clone(), value.into())));
    all.sort();
    let mut text = Vec::new();
    for (name, value) in all {
        text.extend_from_slice(name.as_bytes());
        text.push(0);
        text.extend_from_slice(value.as_bytes());
        text.push(0);
    }
    digest(&text)
}

/// Every file of the root module and of the modules beside it that it uses.
fn files(folder: &Folder) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    // What came from a registry stays what it is: the lock and the sources in the configuration name it.
    let used = fs::read(folder.data.join("modules/modules.json")).unwrap_or_default();
    let used: Value = serde_json::from_slice(&used).unwrap_or_default();
    let used = used["Modules"].as_array().into_iter().flatten().filter_map(|one| one["Dir"].as_str());
    let is_outside = |path: &PathBuf| !path.starts_with(&folder.module) && !path.starts_with(&folder.data);
    let outside = used.filter_map(|own| folder.module.join(own).canonicalize().ok()).filter(is_outside);
    for root in std::iter::once(folder.module.clone()).chain(outside) {
        walk(&root, folder, &mut found);
    }
    found
}

fn walk(from: &Path, folder: &Folder, found: &mut BTreeMap<PathBuf, String>) {
    for entry in fs::read_dir(from).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        let is_lock = name == ".terraform.lock.hcl";
        // Hidden folders are the program's own or a repository's; states and plans are what it makes.
        if (name.starts_with('.') && !is_lock) || name.contains(".tfstate") || name.ends_with(".tfplan") {
            continue;
        }
        // Links to folders are not followed: they may lead in a circle.
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() {
            if path != folder.data {
                walk(&path, folder, found);
            }
        } else if let Some(digest) = of_file(&path) {
            found.insert(path.strip_prefix(&folder.module).unwrap_or(&path).to_owned(), digest);
        }
    }
}

fn of_file(path: &Path) -> Option<String> {
    let known = path.metadata().ok().filter(std::fs::Metadata::is_file)?;
    if known.len() > LARGE {
        return Some(format!("{} {:?}", known.len(), known.modified().ok()));
    }
    Some(fs::read(path).map_or_else(|error| error.to_string(), |text| digest(&text)))
}

/// FNV-1a: tells what was changed from what was not, and no more than that.
pub fn digest(text: &[u8]) -> String {
    let mix = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3_u64);
    format!("{:016x}", text.iter().fold(0xcbf2_9ce4_8422_2325_u64, mix))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(folder: &Path) -> Folder {
        let module = folder.join("module");
        fs::create_dir_all(module.join("sub")).unwrap();
        fs::write(module.join("main.tf"), "a").unwrap();
        fs::write(module.join("sub/rules.yml"), "b").unwrap();
        Folder { data: module.join(".terraform"), module, keep: folder.join("keep"), environment: BTreeMap::new() }
    }

    fn of(folder: &Folder, serial: u64) -> Basis {
        let state = Some(State { lineage: "x".to_owned(), serial });
        Basis { state, workspace: workspace(folder), variables: variables(folder), files: files(folder) }
    }

    #[test]
    fn what_was_changed_is_named_and_what_the_program_makes_is_not() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = place(temporary.path());
        let then = of(&folder, 3);
        let changed = |what: &dyn Fn(&Path)| {
            what(&folder.module);
            then.changed(&of(&folder, 3))
        };
        let write =
            |name: &'static str, text: &'static str| move |module: &Path| fs::write(module.join(name), text).unwrap();
        for name in ["terraform.tfstate", "x.tfplan", ".hidden"] {
            assert_eq!(changed(&write(name, "x")), None, "{name}");
        }
        assert_eq!(changed(&write("main.tf", "a")), None, "the same again is no change");
        assert_eq!(changed(&write("main.tf", "c")).unwrap(), "main.tf was changed since");
        assert_eq!(changed(&write("stage.auto.tfvars", "c")).unwrap(), "main.tf was changed since, and 1 more");
        fs::write(folder.module.join("main.tf"), "a").unwrap();
        assert_eq!(changed(&|_| {}).unwrap(), "stage.auto.tfvars is new");
        fs::remove_file(folder.module.join("stage.auto.tfvars")).unwrap();
        let gone = changed(&|module| fs::remove_file(module.join("sub/rules.yml")).unwrap());
        assert_eq!(gone.unwrap(), "sub/rules.yml was removed since");
        fs::write(folder.module.join("sub/rules.yml"), "b").unwrap();

        assert_eq!(then.changed(&of(&folder, 4)).unwrap(), "the state has changed since: serial 4, then 3");
        assert_eq!(then.changed(&Basis { state: None, ..then.clone() }).unwrap(), "the state it is for is gone");
        let other = Basis { workspace: "prod".to_owned(), ..then.clone() };
        assert_eq!(then.changed(&other).unwrap(), "it is for the workspace default, and this is prod");
        let set = Folder { environment: BTreeMap::from([("AWS_REGION".into(), "eu-west-1".into())]), ..folder.clone() };
        assert_eq!(then.changed(&of(&set, 3)).unwrap(), "variables in the environment are others now");
    }

    #[test]
    fn archives_made_while_planning_belong_to_the_plan_and_new_configuration_does_not() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = place(temporary.path());
        let then = of(&folder, 3);
        fs::write(folder.module.join("lambda.zip"), "made").unwrap();
        fs::write(folder.module.join("new.tf"), "typed").unwrap();
        let kept = then.with_new_files(&folder);
        assert_eq!(kept.changed(&of(&folder, 3)).unwrap(), "new.tf is new");
        let file = temporary.path().join("basis.json");
        kept.write(&file).unwrap();
        assert_eq!(Basis::read(&file), Some(kept));
        assert_eq!(Basis::read(&folder.module.join("main.tf")), None);
    }

    #[test]
    fn modules_beside_the_root_count_too() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = place(temporary.path());
        fs::create_dir_all(temporary.path().join("shared")).unwrap();
        fs::create_dir_all(folder.data.join("modules")).unwrap();
        let list =
            r#"{"Modules":[{"Key":"","Source":"","Dir":"."},{"Key":"s","Source":"../shared","Dir":"../shared"}]}"#;
        fs::write(folder.data.join("modules/modules.json"), list).unwrap();
        let file = temporary.path().join("shared/main.tf");
        fs::write(&file, "a").unwrap();
        let then = of(&folder, 3);
        fs::write(&file, "b").unwrap();
        assert!(then.changed(&of(&folder, 3)).unwrap().ends_with("shared/main.tf was changed since"));
    }
}
