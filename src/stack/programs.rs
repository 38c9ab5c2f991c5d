//! The programs a stack is made of, found on the `PATH`.

use std::path::{Path, PathBuf};

use super::StackError;

/// What runs.
#[derive(Debug)]
pub(super) struct Programs {
    pub prometheus: PathBuf,
    pub promtool: PathBuf,
    pub alertmanager: PathBuf,
    /// Where it is installed.
    pub grafana: Option<Grafana>,
}

/// Grafana and the folder it was installed into.
#[derive(Debug)]
pub(super) struct Grafana {
    pub program: PathBuf,
    pub home: PathBuf,
}

/// Names a program goes by, and the packages it comes in.
struct Wanted {
    names: &'static [&'static str],
    apt: &'static str,
    brew: &'static str,
}

const PROMETHEUS: Wanted = Wanted { names: &["prometheus"], apt: "prometheus", brew: "prometheus" };
const PROMTOOL: Wanted = Wanted { names: &["promtool"], apt: "prometheus", brew: "prometheus" };
/// Debian gives it a longer name.
const ALERTMANAGER: Wanted = Wanted {
    names: &["alertmanager", "prometheus-alertmanager"],
    apt: "prometheus-alertmanager",
    brew: "alertmanager",
};

/// Finds them in the folders of `path`, a `PATH`.
pub(super) fn find(path: &str) -> Result<Programs, StackError> {
    let look = |wanted: &Wanted| on(path, wanted.names);
    match (look(&PROMETHEUS), look(&PROMTOOL), look(&ALERTMANAGER)) {
        (Some(prometheus), Some(promtool), Some(alertmanager)) => {
            Ok(Programs { prometheus, promtool, alertmanager, grafana: grafana(path) })
        }
        found => {
            let missing =
                [(found.0.is_some(), PROMETHEUS), (found.1.is_some(), PROMTOOL), (found.2.is_some(), ALERTMANAGER)];
            let missing: Vec<Wanted> = missing.into_iter().filter(|(is, _)| !is).map(|(_, wanted)| wanted).collect();
            let packages = |of: fn(&Wanted) -> &'static str| {
                let mut names: Vec<&str> = missing.iter().map(of).collect();
                names.dedup();
                names.join(" ")
            };
            let names: Vec<&str> = missing.iter().filter_map(|wanted| wanted.names.first().copied()).collect();
            let hint = format!(
                "apt-get install --no-install-recommends {}    or: brew install {}",
                packages(|wanted| wanted.apt),
                packages(|wanted| wanted.brew)
            );
            Err(StackError::new(format!("not on the PATH: {}", names.join(", "))).with_hint(hint))
        }
    }
}

fn grafana(path: &str) -> Option<Grafana> {
    let program = on(path, &["grafana", "grafana-server"])?;
    let real = program.canonicalize().unwrap_or_else(|_| program.clone());
    let prefix = real.parent().and_then(Path::parent).unwrap_or(Path::new("/usr"));
    let homes = [prefix.join("share/grafana"), prefix.to_owned(), PathBuf::from("/usr/share/grafana")];
    let home = homes.into_iter().find(|home| home.join("conf/defaults.ini").is_file())?;
    Some(Grafana { program, home })
}

fn on(path: &str, names: &[&str]) -> Option<PathBuf> {
    let folders = || std::env::split_paths(path).filter(|folder| folder.is_absolute());
    names.iter().find_map(|name| folders().map(|folder| folder.join(name)).find(|file| is_program(file)))
}

fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn what_is_missing_is_named_with_its_packages() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().display().to_string();
        let refused = find(&path).unwrap_err();
        assert_eq!(refused.what, "not on the PATH: prometheus, promtool, alertmanager");
        let hint = refused.hint.unwrap();
        assert!(hint.contains("apt-get install --no-install-recommends prometheus prometheus-alertmanager"), "{hint}");
        assert!(hint.contains("brew install prometheus alertmanager"), "{hint}");
        for name in ["prometheus", "promtool", "prometheus-alertmanager"] {
            let file = home.path().join(name);
            std::fs::write(&file, "").unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        let found = find(&path).unwrap();
        assert_eq!(found.alertmanager, home.path().join("prometheus-alertmanager"));
        assert!(found.grafana.is_none());
    }
}
