//! Roles and what they may do.

/// Whether something is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is.
    Allowed,
    /// A policy says no.
    Denied,
    /// No policy says yes.
    NotAllowed,
}

/// What the simulation of one action came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The action (`ecs:ListTasks`).
    pub action: String,
    /// Whether it is allowed.
    pub verdict: Verdict,
    /// The policies that decided, by name.
    pub by: Vec<String>,
    /// Whether a condition could not be evaluated because its context key was not given.
    pub is_conditional: bool,
}

/// One policy of a role.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RolePolicy {
    /// Its name.
    pub name: String,
    /// What it says.
    pub statements: Vec<Statement>,
}

/// One statement of a policy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Statement {
    /// Whether it allows; else it denies.
    pub allows: bool,
    /// The actions it is about; they may hold `*` and `?`.
    pub actions: Vec<String>,
    /// The actions it is *not* about (`NotAction`).
    pub not_actions: Vec<String>,
    /// The resources it is about.
    pub resources: Vec<String>,
    /// Whether it holds under conditions only.
    pub is_conditional: bool,
}
