//! Opening a page in a browser: never through a command line's shell, never anything but http and https.

use std::process::{Command, Stdio};

use url::Url;

/// How this machine opens pages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Browser {
    /// What `BROWSER` says: commands, separated by colons, the first that starts is taken.
    pub chosen: Option<String>,
    /// Whether there is a desktop beside this terminal.
    pub has_desktop: bool,
    /// Whether this runs over SSH: what is opened here is seen by nobody.
    pub is_remote: bool,
}

impl Browser {
    /// Opens a page. Says why not, where that cannot be done.
    ///
    /// # Errors
    /// Where the address is not one of http or https, or there is no browser.
    pub fn open(&self, address: &str) -> Result<(), String> {
        let url = Url::parse(address).map_err(|why| format!("not an address: {why}"))?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(format!("not opened: {} is not http or https", url.scheme()));
        }
        let commands = self.commands(url.as_str());
        if commands.is_empty() {
            return Err(if self.is_remote { "no browser over SSH" } else { "no browser here" }.to_owned());
        }
        let tried = commands.iter().map(|command| start(command));
        let mut failures = Vec::new();
        for attempt in tried {
            match attempt {
                Ok(()) => return Ok(()),
                Err(why) => failures.push(why),
            }
        }
        Err(failures.join("; "))
    }

    /// The commands to try, each a program and its arguments. `BROWSER` counts over SSH too: who sets it there has a
    /// program that brings the page home.
    fn commands(&self, url: &str) -> Vec<Vec<String>> {
        if let Some(chosen) = self.chosen.as_deref().filter(|chosen| !chosen.trim().is_empty()) {
            return chosen.split(':').filter_map(|command| with_url(command, url)).collect();
        }
        if self.is_remote || !self.has_desktop {
            return Vec::new();
        }
        let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
        with_url(opener, url).into_iter().collect()
    }
}

/// A command with the address where its `%s` is, else at its end.
fn with_url(command: &str, url: &str) -> Option<Vec<String>> {
    let mut words: Vec<String> = command.split_whitespace().map(|word| word.replace("%s", url)).collect();
    if words.is_empty() {
        return None;
    }
    if !command.contains("%s") {
        words.push(url.to_owned());
    }
    Some(words)
}

/// Starts a program that has nothing to do with this terminal.
fn start(words: &[String]) -> Result<(), String> {
    let Some((program, arguments)) = words.split_first() else { return Err("no program".to_owned()) };
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command.spawn().map_err(|why| format!("{program}: {why}"))?;
    // Somebody has to take note of its end.
    std::thread::spawn(move || drop(child.wait()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_one_argument_whatever_is_in_it() {
        let url = "https://x.example/?a=1;rm -rf&b=$(id)";
        let chosen = |text: &str| Browser { chosen: Some(text.to_owned()), ..Browser::default() };
        assert_eq!(
            chosen("firefox --new-tab %s:w3m").commands(url),
            [vec!["firefox", "--new-tab", url], vec!["w3m", url]]
        );
        assert_eq!(Browser { has_desktop: true, ..Browser::default() }.commands(url).len(), 1);
        assert!(Browser { has_desktop: true, is_remote: true, ..Browser::default() }.commands(url).is_empty());
        assert!(Browser::default().commands(url).is_empty());
    }

    #[test]
    fn only_pages_are_opened() {
        let browser = Browser { chosen: Some("false".to_owned()), ..Browser::default() };
        for address in ["javascript:alert(1)", "file:///etc/passwd", "-x", "", "data:text/html,x"] {
            assert!(browser.open(address).is_err(), "{address}");
        }
        assert_eq!(Browser::default().open("https://x.example").unwrap_err(), "no browser here");
        let remote = Browser { is_remote: true, has_desktop: true, chosen: None };
        assert_eq!(remote.open("https://x.example").unwrap_err(), "no browser over SSH");
    }
}
