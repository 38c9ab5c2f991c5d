//! Values as text: durations, ages, numbers with their units; and the one sanitiser of foreign text.

mod ascii;
mod finding;
mod log_entry;
mod log_shape;
mod log_text;
mod moment;
mod number;
mod paragraph;
mod sanitise;
mod shell;
mod time;
mod width;

pub use ascii::{CUT, ascii};
pub use finding::finding;
pub use log_entry::{LogPart, log_entry};
pub use log_shape::{LogShape, level_of, pretty, shape};
pub use log_text::{LogText, MAX_LOG_CHARS, log_text};
pub use moment::parse_moment;
pub use number::{bytes, count, measure, percent, rate, seconds};
pub use paragraph::paragraph;
pub use sanitise::{sanitise, sanitise_lines};
pub use shell::{shell_line, shell_word};
pub use time::{age, clock, duration, duration_fine, parse_duration, parse_retention};
pub use width::{clip, clip_middle, cut, pad_left, pad_right, width, wrap};
