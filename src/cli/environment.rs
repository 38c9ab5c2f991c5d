//! What the process finds around it: environment, locale, terminal, time zone. Read once, here.

use std::env;
use std::io::IsTerminal;

use crate::shell::Browser;

/// The environment as the program sees it.
pub struct Environment {
    variable: fn(&str) -> Option<String>,
}

impl Environment {
    /// Those of this process.
    pub const fn of_process() -> Self {
        Self { variable: |name| env::var(name).ok() }
    }

    /// An environment variable that is set and not empty.
    pub fn get(&self, name: &str) -> Option<String> {
        (self.variable)(name).filter(|value| !value.is_empty())
    }

    /// The environment as a function, for rooms that read it themselves.
    pub fn reader(&self) -> impl Fn(&str) -> Option<String> + use<> {
        self.variable
    }

    /// Whether colour may be used at all: `NO_COLOR` is not set (or empty) and the terminal is not dumb.
    pub fn allows_colour(&self) -> bool {
        self.get("NO_COLOR").is_none() && self.get("TERM").is_none_or(|term| term != "dumb")
    }

    /// Whether text on standard output may be coloured.
    pub fn colours_stdout(&self) -> bool {
        std::io::stdout().is_terminal() && self.allows_colour()
    }

    /// Whether the locale says that only ASCII can be shown. The first of `LC_ALL`, `LC_CTYPE` and `LANG` that is set
    /// decides; with none set nothing says that UTF-8 works.
    pub fn is_ascii_only(&self) -> bool {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| self.get(name)).unwrap_or_default();
        let locale = locale.to_ascii_lowercase();
        !(locale.contains("utf-8") || locale.contains("utf8"))
    }

    /// How pages are opened here.
    pub fn browser(&self) -> Browser {
        let has = |name| self.get(name).is_some();
        Browser {
            chosen: self.get("BROWSER"),
            has_desktop: cfg!(target_os = "macos") || has("DISPLAY") || has("WAYLAND_DISPLAY"),
            is_remote: self.is_remote(),
        }
    }

    /// Whether this runs over SSH.
    pub fn is_remote(&self) -> bool {
        ["SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"].iter().any(|name| self.get(name).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locale_decides_about_glyphs() {
        let with = |variable: fn(&str) -> Option<String>| Environment { variable }.is_ascii_only();
        assert!(with(|_| None));
        assert!(with(|name| (name == "LANG").then(|| "C".into())));
        assert!(!with(|name| (name == "LC_CTYPE").then(|| "C.UTF-8".into())));
        assert!(!with(|name| (name == "LANG").then(|| "ko_KR.utf8".into())));
        assert!(with(|name| Some(if name == "LC_ALL" { "POSIX" } else { "en_US.UTF-8" }.into())));
    }
}
