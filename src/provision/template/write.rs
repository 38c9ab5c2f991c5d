//! The tree as text, with the variables in their places.

use serde_json::Value;

use super::Wrong;
use super::parse::{Condition, Node, Path};

/// The variables of the loops around, innermost last, over those of the template.
struct Scope<'v> {
    root: &'v Value,
    loops: Vec<(&'v str, Bound<'v>)>,
}

/// What a variable of a loop stands for.
#[derive(Clone)]
enum Bound<'v> {
    Element(&'v Value),
    Key(Value),
}

pub(super) fn text(nodes: &[Node], variables: &Value) -> Result<String, Wrong> {
    let mut out = String::new();
    write(nodes, &mut Scope { root: variables, loops: Vec::new() }, &mut out)?;
    Ok(out)
}

fn write<'v>(nodes: &'v [Node], scope: &mut Scope<'v>, out: &mut String) -> Result<(), Wrong> {
    for node in nodes {
        match node {
            Node::Text(text) => out.push_str(text),
            Node::Value(path) => match scope.find(path)? {
                Value::String(text) => out.push_str(&text),
                Value::Number(number) => out.push_str(&number.to_string()),
                Value::Bool(flag) => out.push_str(if flag { "true" } else { "false" }),
                other => return Err(wrong_kind(path, "a text, a number or a flag", &other)),
            },
            Node::If { condition, then, otherwise } => {
                write(if scope.holds(condition)? { then } else { otherwise }, scope, out)?;
            }
            Node::For { key, value, within, body } => {
                for (name, element) in scope.elements(within)? {
                    let depth = scope.loops.len();
                    scope.loops.extend(key.as_deref().map(|key| (key, Bound::Key(name))));
                    scope.loops.push((value, element));
                    let written = write(body, scope, out);
                    scope.loops.truncate(depth);
                    written?;
                }
            }
        }
    }
    Ok(())
}

impl<'v> Scope<'v> {
    fn holds(&self, condition: &Condition) -> Result<bool, Wrong> {
        let flag = |path: &Path| match self.find(path)? {
            Value::Bool(flag) => Ok(flag),
            other => Err(wrong_kind(path, "true or false", &other)),
        };
        match condition {
            Condition::Is(path) => flag(path),
            Condition::IsNot(path) => flag(path).map(|flag| !flag),
            Condition::Exists(path) => Ok(self.find(path).is_ok()),
        }
    }

    /// The elements of a list or a map, each with its place or key.
    fn elements(&self, path: &Path) -> Result<Vec<(Value, Bound<'v>)>, Wrong> {
        match self.borrow(path)? {
            Bound::Element(Value::Array(list)) => {
                Ok(list.iter().enumerate().map(|(place, one)| (Value::from(place), Bound::Element(one))).collect())
            }
            Bound::Element(Value::Object(map)) => {
                let mut entries: Vec<_> = map.iter().collect();
                entries.sort_by_key(|(key, _)| key.as_str());
                Ok(entries.into_iter().map(|(key, one)| (Value::from(key.as_str()), Bound::Element(one))).collect())
            }
            Bound::Element(other) => Err(wrong_kind(path, "a list or a map", other)),
            Bound::Key(other) => Err(wrong_kind(path, "a list or a map", &other)),
        }
    }

    fn find(&self, path: &Path) -> Result<Value, Wrong> {
        self.borrow(path).map(|bound| match bound {
            Bound::Element(value) => value.clone(),
            Bound::Key(value) => value,
        })
    }

    fn borrow(&self, path: &Path) -> Result<Bound<'v>, Wrong> {
        let unknown = |steps: usize| {
            let name = path.steps.get(..=steps).unwrap_or(&path.steps).join(".");
            Wrong::new(path.at, format!("there is no variable `{name}`"))
        };
        let (first, rest) = path.steps.split_first().ok_or_else(|| unknown(0))?;
        let bound = match self.loops.iter().rev().find(|(name, _)| name == first) {
            Some((_, bound)) => bound.clone(),
            None => Bound::Element(self.root.get(first).ok_or_else(|| unknown(0))?),
        };
        let mut element = match bound {
            Bound::Key(_) if rest.is_empty() => return Ok(bound),
            Bound::Key(_) => return Err(unknown(1)),
            Bound::Element(element) => element,
        };
        for (depth, step) in rest.iter().enumerate() {
            let found = match element {
                Value::Array(list) => step.parse::<usize>().ok().and_then(|place| list.get(place)),
                other => other.get(step),
            };
            element = found.ok_or_else(|| unknown(depth + 1))?;
        }
        Ok(Bound::Element(element))
    }
}

fn wrong_kind(path: &Path, wanted: &str, got: &Value) -> Wrong {
    let got = match got {
        Value::Null => "null",
        Value::Bool(_) => "a flag",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a map",
    };
    Wrong::new(path.at, format!("`{}` is {got}, not {wanted}", path.steps.join(".")))
}
