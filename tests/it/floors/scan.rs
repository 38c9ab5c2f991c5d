//! Rust source as text: without comments, strings and test code, and what of other rooms and crates it names.

/// A line, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line(pub(super) usize);

/// One file, blanked: comments, the insides of strings and test-only items are spaces, so that lines keep their number.
pub(super) struct Source<'f> {
    file: &'f str,
    code: String,
}

impl<'f> Source<'f> {
    pub(super) fn new(file: &'f str, text: &str) -> Self {
        Self { file, code: without_tests(&without_comments_and_strings(text)) }
    }

    /// The room it is in; none for `src/lib.rs` and `src/main.rs`, which only open the house.
    pub(super) fn room(&self) -> Option<&'f str> {
        let inside = self.file.strip_prefix("src/")?;
        match inside.split_once('/') {
            Some((room, _)) => Some(room),
            None => inside.strip_suffix(".rs").filter(|name| !["lib", "main"].contains(name)),
        }
    }

    /// Every room named by a path from the crate's root, or by as many `super` as lead there.
    pub(super) fn imported_rooms(&self) -> Vec<(Line, String)> {
        let mut rooms = Vec::new();
        for at in words(&self.code, "crate") {
            if let Some(after) = path_separator(&self.code, at + "crate".len()) {
                self.first_names(after, &mut rooms);
            }
        }
        let depth = self.module_depth();
        let mut passed = 0;
        for at in words(&self.code, "super") {
            // A chain is followed from its first `super`.
            if at < passed {
                continue;
            }
            let (mut end, mut ups) = (at, 0);
            while self.code[end..].starts_with("super") {
                ups += 1;
                match path_separator(&self.code, end + "super".len()) {
                    Some(after) => end = after,
                    None => break,
                }
            }
            passed = end;
            if ups == depth {
                self.first_names(end, &mut rooms);
            }
        }
        rooms
    }

    /// Every line on which a path is named: written out, or in the braces of a `use`.
    pub(super) fn mentions(&self, path: &str) -> Vec<Line> {
        let (parent, leaf) = path.rsplit_once("::").unwrap_or(("", path));
        if parent.is_empty() {
            let is_path = |at: &usize| {
                let before = self.code[..*at].trim_end();
                path_separator(&self.code, at + leaf.len()).is_some() || before.ends_with("use")
            };
            return words(&self.code, leaf).into_iter().filter(is_path).map(|at| self.line(at)).collect();
        }
        let (first, second) = (parent, leaf);
        let mut lines = Vec::new();
        for at in words(&self.code, first) {
            let mut names = Vec::new();
            if let Some(after) = path_separator(&self.code, at + first.len()) {
                self.first_names(after, &mut names);
            }
            lines.extend(names.into_iter().filter(|(_, name)| name == second).map(|(line, _)| line));
        }
        lines
    }

    /// The name at a position, or every first name in the braces there.
    fn first_names(&self, at: usize, names: &mut Vec<(Line, String)>) {
        let rest = &self.code[at..];
        if !rest.starts_with('{') {
            let name = identifier(rest);
            if !name.is_empty() {
                names.push((self.line(at), name.to_owned()));
            }
            return;
        }
        let mut depth = 0usize;
        let mut expects_name = true;
        let mut position = at;
        while let Some(c) = self.code[position..].chars().next() {
            match c {
                '{' => depth += 1,
                '}' => {
                    depth -= 1;
                    if depth == 0 {
                        return;
                    }
                }
                ',' if depth == 1 => expects_name = true,
                _ if expects_name && depth == 1 && is_word(c) => {
                    let name = identifier(&self.code[position..]);
                    names.push((self.line(position), name.to_owned()));
                    expects_name = false;
                    position += name.len();
                    continue;
                }
                _ => {}
            }
            position += c.len_utf8();
        }
    }

    /// How many `super` lead from this file's module to the crate's root.
    fn module_depth(&self) -> usize {
        let inside = self.file.trim_start_matches("src/").trim_end_matches(".rs");
        inside.trim_end_matches("/mod").split('/').count()
    }

    fn line(&self, at: usize) -> Line {
        Line(1 + self.code[..at].matches('\n').count())
    }
}

/// The files (without `.rs`) of a file's modules that are compiled for tests only.
pub(super) fn test_modules(file: &str, text: &str) -> Vec<String> {
    let code = without_comments_and_strings(text);
    let stem = file.trim_end_matches(".rs");
    let folder = match stem.rsplit_once('/') {
        Some((folder, "mod" | "lib" | "main")) => folder,
        _ => stem,
    };
    let after_attribute = code.split("#[cfg(test)]").skip(1);
    let declared = after_attribute.filter_map(|item| {
        let (words, _) = item.split_once([';', '{']).filter(|(words, _)| item[words.len()..].starts_with(';'))?;
        let name = words.trim().rsplit_once("mod ")?.1.trim();
        Some(format!("{folder}/{name}"))
    });
    declared.collect()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn identifier(text: &str) -> &str {
    &text[..text.find(|c| !is_word(c)).unwrap_or(text.len())]
}

/// Where a word begins, as a word of its own.
fn words(code: &str, word: &str) -> Vec<usize> {
    let free = |at: usize| {
        let before = code[..at].chars().next_back();
        let after = code[at + word.len()..].chars().next();
        !before.is_some_and(is_word) && !after.is_some_and(is_word)
    };
    code.match_indices(word).map(|(at, _)| at).filter(|at| free(*at)).collect()
}

/// Where a path goes on after a `::` at this position.
fn path_separator(code: &str, at: usize) -> Option<usize> {
    let skip = |at: usize| at + (code[at..].len() - code[at..].trim_start().len());
    let colons = skip(at);
    code[colons..].starts_with("::").then(|| skip(colons + 2))
}

/// Spaces for everything that is no code. Line breaks stay.
fn without_comments_and_strings(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => block_comment(rest),
            '"' => string(rest),
            'r' | 'b' | 'c' if !code.chars().next_back().is_some_and(is_word) => prefixed_string(rest),
            '\'' => character(rest),
            _ => 0,
        };
        if length == 0 {
            code.push(c);
            rest = &rest[c.len_utf8()..];
        } else {
            code.extend(rest[..length].chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
            rest = &rest[length..];
        }
    }
    code
}

fn block_comment(text: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// The length of a string with its quotes.
fn string(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of `b"..."`, `r"..."`, `br#"..."#` and the like; 0 where it is just a letter.
fn prefixed_string(text: &str) -> usize {
    let letters = text.len() - text.trim_start_matches(['b', 'c', 'r']).len();
    let (prefix, body) = text.split_at(letters.min(2));
    if !prefix.contains('r') {
        return if body.starts_with('"') { prefix.len() + string(body) } else { 0 };
    }
    let hashes = body.len() - body.trim_start_matches('#').len();
    if !body[hashes..].starts_with('"') {
        return 0;
    }
    let close = format!("\"{}", "#".repeat(hashes));
    let inside = prefix.len() + hashes + 1;
    text[inside..].find(&close).map_or(text.len(), |at| inside + at + close.len())
}

/// The length of a character literal; 0 for a lifetime.
fn character(text: &str) -> usize {
    let mut characters = text.char_indices().skip(1);
    match characters.next() {
        Some((_, '\\')) => text[2..].char_indices().skip(1).find(|(_, c)| *c == '\'').map_or(0, |(at, _)| at + 3),
        Some((_, _)) => characters.next().filter(|(_, c)| *c == '\'').map_or(0, |(at, _)| at + 1),
        None => 0,
    }
}

/// Spaces for every item that is compiled for tests only.
fn without_tests(code: &str) -> String {
    let mut blanked = code.to_owned();
    for opening in ["#[cfg(test)]", "#[cfg(all(test"] {
        while let Some(from) = blanked.find(opening) {
            let to = from + item_length(&blanked[from..]);
            let spaces: String = blanked[from..to]
                .chars()
                .map(|c| if c == '\n' { "\n".to_owned() } else { " ".repeat(c.len_utf8()) })
                .collect();
            blanked.replace_range(from..to, &spaces);
        }
    }
    blanked
}

/// The length of an item with its attributes: to the `;` or the closing brace that ends it.
fn item_length(code: &str) -> usize {
    let mut depth = 0usize;
    for (at, c) in code.char_indices() {
        match c {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 && c == '}' {
                    return at + 1;
                }
            }
            ';' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    code.len()
}
