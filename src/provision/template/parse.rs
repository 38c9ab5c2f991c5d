//! Tokens as a tree: loops and conditions with what is in them.

use super::Wrong;
use super::lex::{Code, Token};

/// A part of a template.
#[derive(Debug)]
pub(super) enum Node {
    Text(String),
    Value(Path),
    For { key: Option<String>, value: String, within: Path, body: Vec<Node> },
    If { condition: Condition, then: Vec<Node>, otherwise: Vec<Node> },
}

/// A variable: the steps to it.
#[derive(Debug)]
pub(super) struct Path {
    pub steps: Vec<String>,
    pub at: usize,
}

#[derive(Debug)]
pub(super) enum Condition {
    Is(Path),
    IsNot(Path),
    /// Whether there is such a variable.
    Exists(Path),
}

/// How a block ended.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Text,
    For,
    Else,
    If,
}

pub(super) fn nodes(tokens: Vec<Token<'_>>) -> Result<Vec<Node>, Wrong> {
    let mut tokens = tokens.into_iter();
    match block(&mut tokens)? {
        (nodes, End::Text, _) => Ok(nodes),
        (_, _, at) => Err(Wrong::new(at, "there is nothing that this ends")),
    }
}

type Tokens<'t> = std::vec::IntoIter<Token<'t>>;

/// Nodes up to what ends the block, and where that is.
fn block(tokens: &mut Tokens<'_>) -> Result<(Vec<Node>, End, usize), Wrong> {
    let mut nodes = Vec::new();
    while let Some(token) = tokens.next() {
        match token {
            Token::Literal(text) => nodes.push(Node::Text(text)),
            Token::Value(code) => nodes.push(Node::Value(path(code)?)),
            Token::Directive(code) => {
                if let Some(end) = end(code)? {
                    return Ok((nodes, end, code.at));
                }
                nodes.push(directive(code, tokens)?);
            }
        }
    }
    Ok((nodes, End::Text, 0))
}

fn end(code: Code<'_>) -> Result<Option<End>, Wrong> {
    for (word, end) in [("endfor", End::For), ("else", End::Else), ("endif", End::If)] {
        match code.after(word) {
            Some(rest) if rest.text.is_empty() => return Ok(Some(end)),
            Some(rest) => return Err(Wrong::new(rest.at, format!("nothing follows `{word}`"))),
            None => {}
        }
    }
    Ok(None)
}

fn directive(code: Code<'_>, tokens: &mut Tokens<'_>) -> Result<Node, Wrong> {
    if let Some(head) = code.after("for") {
        return loop_over(head, tokens);
    }
    let Some(condition) = code.after("if") else {
        return Err(Wrong::new(code.at, format!("`{}`: expected if, for, else, endif or endfor", code.text)));
    };
    let (condition, begin) = (self::condition(condition)?, code.at);
    let (then, ended, at) = block(tokens)?;
    let (otherwise, ended, at) = if ended == End::Else { block(tokens)? } else { (Vec::new(), ended, at) };
    match ended {
        End::If => Ok(Node::If { condition, then, otherwise }),
        End::Text => Err(Wrong::new(begin, "this `if` has no `endif`")),
        End::For | End::Else => Err(Wrong::new(at, "expected `endif`")),
    }
}

fn loop_over(head: Code<'_>, tokens: &mut Tokens<'_>) -> Result<Node, Wrong> {
    let wrong = || Wrong::new(head.at, "expected `for value in list` or `for key, value in map`");
    let (names, within) = head.text.split_once(" in ").ok_or_else(wrong)?;
    let within = path(head.part(head.text.len() - within.len()))?;
    let names: Vec<&str> = names.split(',').map(str::trim).collect();
    let (key, value) = match names.as_slice() {
        [value] if is_name(value) => (None, *value),
        [key, value] if is_name(key) && is_name(value) => (Some((*key).to_owned()), *value),
        _ => return Err(wrong()),
    };
    match block(tokens)? {
        (body, End::For, _) => Ok(Node::For { key, value: value.to_owned(), within, body }),
        (_, End::Text, _) => Err(Wrong::new(head.at, "this `for` has no `endfor`")),
        (_, _, at) => Err(Wrong::new(at, "expected `endfor`")),
    }
}

fn condition(code: Code<'_>) -> Result<Condition, Wrong> {
    if code.text.starts_with('!') {
        return Ok(Condition::IsNot(path(code.part(1))?));
    }
    if let (Some(_), true) = (code.text.strip_prefix("can("), code.text.ends_with(')')) {
        return Ok(Condition::Exists(path(code.until(code.text.len() - 1).part(4))?));
    }
    Ok(Condition::Is(path(code)?))
}

fn path(code: Code<'_>) -> Result<Path, Wrong> {
    let steps: Vec<&str> = code.text.split('.').collect();
    let numbers = |step: &str| !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit());
    let (first, rest) = steps.split_first().unwrap_or((&"", &[]));
    if !is_name(first) || !rest.iter().all(|step| is_name(step) || numbers(step)) {
        let what = format!("`{}`: only variables, like a.b, are understood here", code.text);
        return Err(Wrong::new(code.at, what));
    }
    Ok(Path { steps: steps.into_iter().map(str::to_owned).collect(), at: code.at })
}

fn is_name(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && characters.all(|next| next.is_alphanumeric() || next == '_' || next == '-')
}
