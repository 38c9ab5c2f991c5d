//! Colours: as they are written, and as terminals with fewer of them show them.

use std::str::FromStr;

use ratatui::style::Color;

use super::Depth;

/// A colour as a theme file names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colour {
    /// The terminal's own.
    Default,
    /// One of the sixteen, 0 to 15, in the shade that the terminal's user chose.
    Ansi(u8),
    /// One of xterm's 256.
    Indexed(u8),
    /// A shade.
    Rgb(u8, u8, u8),
}

/// The sixteen by name and number, with xterm's shades to measure distances by.
pub(super) const ANSI: [(&str, [u8; 3], Color); 16] = [
    ("black", [0x00, 0x00, 0x00], Color::Black),
    ("red", [0xcd, 0x00, 0x00], Color::Red),
    ("green", [0x00, 0xcd, 0x00], Color::Green),
    ("yellow", [0xcd, 0xcd, 0x00], Color::Yellow),
    ("blue", [0x00, 0x00, 0xee], Color::Blue),
    ("magenta", [0xcd, 0x00, 0xcd], Color::Magenta),
    ("cyan", [0x00, 0xcd, 0xcd], Color::Cyan),
    ("white", [0xe5, 0xe5, 0xe5], Color::Gray),
    ("bright-black", [0x7f, 0x7f, 0x7f], Color::DarkGray),
    ("bright-red", [0xff, 0x00, 0x00], Color::LightRed),
    ("bright-green", [0x00, 0xff, 0x00], Color::LightGreen),
    ("bright-yellow", [0xff, 0xff, 0x00], Color::LightYellow),
    ("bright-blue", [0x5c, 0x5c, 0xff], Color::LightBlue),
    ("bright-magenta", [0xff, 0x00, 0xff], Color::LightMagenta),
    ("bright-cyan", [0x00, 0xff, 0xff], Color::LightCyan),
    ("bright-white", [0xff, 0xff, 0xff], Color::White),
];

/// The six steps of xterm's colour cube.
const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];

impl FromStr for Colour {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "default" {
            return Ok(Self::Default);
        }
        if let Some(number) = (0u8..).zip(&ANSI).find_map(|(number, (name, ..))| (*name == text).then_some(number)) {
            return Ok(Self::Ansi(number));
        }
        if let Some(digits) = text.strip_prefix('#') {
            let shade = u32::from_str_radix(digits, 16).ok().filter(|_| digits.len() == 6 && !digits.starts_with('+'));
            let [_, red, green, blue] = shade.ok_or("expected six hexadecimal digits: #rrggbb")?.to_be_bytes();
            return Ok(Self::Rgb(red, green, blue));
        }
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return text.parse().map(Self::Indexed).map_err(|_| "expected a number from 0 to 255".to_owned());
        }
        Err("expected #rrggbb, a number from 0 to 255, or a name such as red or bright-red".to_owned())
    }
}

impl Colour {
    /// The colour a terminal of that depth is asked for; none where it has none, or where its own is meant.
    pub(super) fn at(self, depth: Depth) -> Option<Color> {
        match (depth, self) {
            (Depth::Mono, _) | (_, Self::Default) => None,
            (_, Self::Ansi(number)) => Some(ANSI[usize::from(number % 16)].2),
            (Depth::Ansi16, Self::Indexed(number)) if number < 16 => Some(ANSI[usize::from(number)].2),
            (Depth::Ansi16, other) => other.shade().map(nearest_16),
            (_, Self::Indexed(number)) => Some(Color::Indexed(number)),
            (Depth::Ansi256, Self::Rgb(red, green, blue)) => Some(Color::Indexed(nearest_256([red, green, blue]))),
            (Depth::TrueColor, Self::Rgb(red, green, blue)) => Some(Color::Rgb(red, green, blue)),
        }
    }

    /// The shade, where it is known: that of the sixteen is xterm's, though the terminal's user may have chosen another.
    pub(super) fn shade(self) -> Option<[u8; 3]> {
        match self {
            Self::Default => None,
            Self::Ansi(number) => Some(ANSI[usize::from(number % 16)].1),
            Self::Indexed(number) => Some(indexed_shade(number)),
            Self::Rgb(red, green, blue) => Some([red, green, blue]),
        }
    }
}

/// The shade of one of xterm's 256.
fn indexed_shade(number: u8) -> [u8; 3] {
    match number {
        0..=15 => ANSI[usize::from(number)].1,
        16..=231 => {
            let cell = number - 16;
            [cell / 36, cell / 6 % 6, cell % 6].map(|step| CUBE[usize::from(step)])
        }
        232..=255 => [8 + 10 * (number - 232); 3],
    }
}

/// The nearest of the 240 whose shades are fixed: the first sixteen are whatever the terminal's user chose.
fn nearest_256(shade: [u8; 3]) -> u8 {
    (16..=255).min_by_key(|number| distance(indexed_shade(*number), shade)).unwrap_or(16)
}

fn nearest_16(shade: [u8; 3]) -> Color {
    ANSI.iter().min_by_key(|(_, ansi, _)| distance(*ansi, shade)).map_or(Color::Reset, |(_, _, colour)| *colour)
}

/// How different two shades look: squared distance weighted by how much each channel counts at that much red
/// (the "redmean" approximation), times 256 to stay with whole numbers.
fn distance(a: [u8; 3], b: [u8; 3]) -> u32 {
    let [red, green, blue] = std::array::from_fn(|channel| u32::from(a[channel].abs_diff(b[channel])).pow(2));
    let mean = u32::midpoint(u32::from(a[0]), u32::from(b[0]));
    (512 + mean) * red + 1024 * green + (767 - mean) * blue
}

/// The contrast of two shades by WCAG 2: 1 for none, 21 for black on white.
#[cfg(test)]
pub(super) fn contrast(a: [u8; 3], b: [u8; 3]) -> f64 {
    let luminance = |shade: [u8; 3]| {
        let [red, green, blue] = shade.map(|channel| {
            let channel = f64::from(channel) / 255.0;
            if channel <= 0.040_45 { channel / 12.92 } else { ((channel + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    };
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn colours_are_read() {
        assert_eq!("#e06c75".parse(), Ok(Colour::Rgb(0xe0, 0x6c, 0x75)));
        assert_eq!("bright-red".parse(), Ok(Colour::Ansi(9)));
        assert_eq!("208".parse(), Ok(Colour::Indexed(208)));
        assert_eq!("default".parse(), Ok(Colour::Default));
        for bad in ["", "#fff", "#+12345", "#gggggg", "256", "-1", "Red", "crimson", "#e06c7é"] {
            assert!(bad.parse::<Colour>().is_err(), "{bad}");
        }
    }

    #[test]
    fn fewer_colours_show_the_nearest() {
        for (text, at_256, at_16) in [
            ("#ff0000", Color::Indexed(196), Color::LightRed),
            ("#000000", Color::Indexed(16), Color::Black),
            ("#808080", Color::Indexed(244), Color::DarkGray),
            ("#d75f00", Color::Indexed(166), Color::Red),
            ("208", Color::Indexed(208), Color::Yellow),
            ("cyan", Color::Cyan, Color::Cyan),
            ("3", Color::Indexed(3), Color::Yellow),
        ] {
            let colour: Colour = text.parse().unwrap();
            assert_eq!(colour.at(Depth::Ansi256), Some(at_256), "{text}");
            assert_eq!(colour.at(Depth::Ansi16), Some(at_16), "{text}");
            assert_eq!(colour.at(Depth::Mono), None);
        }
    }

    #[test]
    fn contrast_is_that_of_wcag() {
        assert!((contrast([0; 3], [255; 3]) - 21.0).abs() < 0.01);
        assert!((contrast([0x77; 3], [255; 3]) - 4.48).abs() < 0.01);
    }

    proptest! {
        #[test]
        fn a_colour_of_the_256_is_its_own_nearest(number in 16u8..) {
            let shade = indexed_shade(number);
            prop_assert_eq!(indexed_shade(nearest_256(shade)), shade);
        }
    }
}
