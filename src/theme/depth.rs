//! How many colours the terminal shows.

/// How many colours the terminal shows, fewest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Depth {
    /// None: attributes alone carry meaning.
    Mono,
    /// The sixteen of ANSI, whose shades the terminal's user chose.
    Ansi16,
    /// The 256 of xterm.
    Ansi256,
    /// All.
    TrueColor,
}

/// Terminals that show all colours and say so by name only: `COLORTERM` does not travel over ssh.
const TRUE_COLOR_TERMS: [&str; 7] = ["kitty", "alacritty", "wezterm", "foot", "ghostty", "contour", "direct"];

/// Terminals of paper and phosphor.
const MONO_TERMS: [&str; 5] = ["dumb", "vt100", "vt102", "vt220", "vt320"];

impl Depth {
    /// The depth that the environment tells of. `variable` answers with the value of a variable, if it is set.
    ///
    /// `NO_COLOR` counts when it is set and not empty. GNU screen passes `COLORTERM` on from outside and then cannot
    /// show it, so there `TERM` alone is believed.
    pub fn detect(variable: impl Fn(&str) -> Option<String>) -> Self {
        let value = |name: &str| variable(name).unwrap_or_default();
        let term = value("TERM");
        let named = |name: &str| term.split(['-', '+']).any(|part| part == name);
        if !value("NO_COLOR").is_empty() || MONO_TERMS.iter().any(|mono| named(mono)) || named("m") || named("mono") {
            return Self::Mono;
        }
        let in_screen = term.starts_with("screen") && value("TMUX").is_empty();
        let says_all = matches!(value("COLORTERM").as_str(), "truecolor" | "24bit") && !in_screen;
        if says_all || TRUE_COLOR_TERMS.iter().any(|known| named(known)) || !value("WT_SESSION").is_empty() {
            Self::TrueColor
        } else if term.contains("256color") {
            Self::Ansi256
        } else {
            Self::Ansi16
        }
    }

    /// The depth in words, for `rounds doctor`.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Mono => "no colour",
            Self::Ansi16 => "16 colours",
            Self::Ansi256 => "256 colours",
            Self::TrueColor => "true colour",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_tells() {
        let cases: &[(&[(&str, &str)], Depth)] = &[
            (&[], Depth::Ansi16),
            (&[("TERM", "xterm")], Depth::Ansi16),
            (&[("TERM", "linux")], Depth::Ansi16),
            (&[("TERM", "xterm-256color")], Depth::Ansi256),
            (&[("TERM", "tmux-256color"), ("TMUX", "/tmp/t,1,0")], Depth::Ansi256),
            (&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")], Depth::TrueColor),
            (&[("TERM", "xterm-256color"), ("COLORTERM", "24bit")], Depth::TrueColor),
            (&[("TERM", "xterm-256color"), ("COLORTERM", "yes")], Depth::Ansi256),
            (&[("TERM", "xterm-kitty")], Depth::TrueColor),
            (&[("TERM", "alacritty")], Depth::TrueColor),
            (&[("TERM", "xterm-direct")], Depth::TrueColor),
            (&[("WT_SESSION", "1b2c")], Depth::TrueColor),
            (&[("TERM", "screen"), ("COLORTERM", "truecolor")], Depth::Ansi16),
            (&[("TERM", "screen-256color"), ("COLORTERM", "truecolor")], Depth::Ansi256),
            (&[("TERM", "screen-256color"), ("COLORTERM", "truecolor"), ("TMUX", "x")], Depth::TrueColor),
            (&[("TERM", "dumb"), ("COLORTERM", "truecolor")], Depth::Mono),
            (&[("TERM", "vt100")], Depth::Mono),
            (&[("TERM", "linux-m")], Depth::Mono),
            (&[("TERM", "xterm-256color"), ("NO_COLOR", "1")], Depth::Mono),
            (&[("TERM", "xterm-256color"), ("NO_COLOR", "")], Depth::Ansi256),
        ];
        for (variables, depth) in cases {
            let value =
                |name: &str| variables.iter().find(|(set, _)| *set == name).map(|(_, value)| (*value).to_owned());
            assert_eq!(Depth::detect(value), *depth, "{variables:?}");
        }
    }
}
