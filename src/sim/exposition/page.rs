//! Metrics as text: a scraped page, or lines of a history.

use std::fmt::Write as _;

/// The media type of [`text`].
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What kind of metric it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
    /// Counts below bounds, with their sum and number.
    Histogram,
}

/// One metric with all its series.
#[derive(Debug)]
pub struct Family {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: Kind,
    /// What it is, in a line.
    pub help: &'static str,
    /// Its series.
    pub samples: Vec<Sample>,
}

/// One series' value.
#[derive(Debug)]
pub struct Sample {
    /// What follows the family's name: `_bucket`, `_sum`, `_count` or nothing.
    pub suffix: &'static str,
    /// Name and value of each label.
    pub labels: Vec<(&'static str, String)>,
    /// The value.
    pub value: f64,
}

impl Family {
    /// A metric without series so far.
    pub fn new(name: impl Into<String>, kind: Kind, help: &'static str) -> Self {
        Self { name: name.into(), kind, help, samples: Vec::new() }
    }

    /// With one series more.
    #[must_use]
    pub fn with(mut self, labels: Vec<(&'static str, String)>, value: f64) -> Self {
        self.add("", labels, value);
        self
    }

    /// Adds a series.
    pub fn add(&mut self, suffix: &'static str, labels: Vec<(&'static str, String)>, value: f64) {
        self.samples.push(Sample { suffix, labels, value });
    }
}

/// A gauge of one series without labels.
pub fn gauge(name: &'static str, help: &'static str, value: f64) -> Family {
    Family::new(name, Kind::Gauge, help).with(Vec::new(), value)
}

/// A counter of one series without labels.
pub fn counter(name: &'static str, help: &'static str, value: f64) -> Family {
    Family::new(name, Kind::Counter, help).with(Vec::new(), value)
}

/// The families as a page.
pub fn text(families: &[Family]) -> String {
    let mut page = String::new();
    for family in families.iter().filter(|family| !family.samples.is_empty()) {
        let kind = match family.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        // Writing to a string cannot fail.
        let _ = writeln!(page, "# HELP {0} {1}\n# TYPE {0} {kind}", family.name, family.help);
        lines(&mut page, family, &[], None);
    }
    page
}

/// The series of a family: one line each, with further labels, at a moment (seconds since 1970) where one is given.
pub fn lines(out: &mut String, family: &Family, more: &[(&str, &str)], at: Option<i64>) {
    for sample in &family.samples {
        out.push_str(&family.name);
        out.push_str(sample.suffix);
        let own = sample.labels.iter().map(|(name, value)| (*name, value.as_str()));
        for (position, (name, value)) in own.chain(more.iter().copied()).enumerate() {
            out.push(if position == 0 { '{' } else { ',' });
            let _ = write!(out, "{name}=\"{}\"", escaped(value));
        }
        if !(sample.labels.is_empty() && more.is_empty()) {
            out.push('}');
        }
        let _ = write!(out, " {}", sample.value);
        if let Some(at) = at {
            let _ = write!(out, " {at}");
        }
        out.push('\n');
    }
}

fn escaped(value: &str) -> std::borrow::Cow<'_, str> {
    if value.contains(['\\', '"', '\n']) {
        value.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n").into()
    } else {
        value.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_help_type_and_escaped_labels() {
        let family = Family::new("a_total", Kind::Counter, "what it is")
            .with(vec![("x", "1\"\\\n".to_owned()), ("y", "2".to_owned())], 1.5)
            .with(Vec::new(), 2.0);
        let page = text(&[family, Family::new("empty", Kind::Gauge, "nothing")]);
        assert_eq!(
            page,
            "# HELP a_total what it is\n# TYPE a_total counter\na_total{x=\"1\\\"\\\\\\n\",y=\"2\"} 1.5\na_total 2\n"
        );
    }

    #[test]
    fn a_line_of_history_has_more_labels_and_its_moment() {
        let mut out = String::new();
        lines(&mut out, &gauge("up", "", 1.0), &[("job", "a")], Some(12));
        assert_eq!(out, "up{job=\"a\"} 1 12\n");
    }
}
