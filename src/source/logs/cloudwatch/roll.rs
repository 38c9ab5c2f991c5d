//! Which tasks are another service's. Services may share log group, stream prefix and container name; then only the task
//! ids in the names of the streams tell their lines apart.

use std::collections::HashMap;

/// The most tasks remembered.
const MOST: usize = 20_000;

/// Whose tasks are.
#[derive(Debug, Default)]
pub(super) struct Roll(HashMap<String, Owner>);

/// What ECS says of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Owner {
    /// It belongs to this service.
    Service(String),
    /// It belongs to no service, or ECS no longer knows it.
    Nobody,
}

impl Roll {
    /// Whether it was asked about already.
    pub(super) fn knows(&self, task: &str) -> bool {
        self.0.contains_key(task)
    }

    /// Takes in what ECS says of a task.
    pub(super) fn learn(&mut self, task: &str, owner: Owner) {
        if self.0.len() >= MOST {
            self.0.clear();
        }
        self.0.insert(task.to_owned(), owner);
    }

    /// Whether it is known to be another service's.
    pub(super) fn is_foreign(&self, task: &str, service: &str) -> bool {
        matches!(self.0.get(task), Some(Owner::Service(owner)) if owner != service)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_known_to_be_anothers_is_foreign() {
        let mut roll = Roll::default();
        roll.learn("a", Owner::Service("web".into()));
        roll.learn("b", Owner::Nobody);
        assert!(roll.is_foreign("a", "api") && !roll.is_foreign("a", "web"));
        assert!(!roll.is_foreign("b", "api") && !roll.is_foreign("c", "api") && !roll.knows("c"));
    }
}
