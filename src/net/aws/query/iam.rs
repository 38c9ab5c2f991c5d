//! IAM: what a role may do, simulated by IAM itself or read from its policies.

use serde_json::Value;

use super::paging::Paging;
use super::xml::Element;
use super::{Api, listed};
use crate::domain::SourceError;
use crate::domain::estate::{Decision, RolePolicy, RoleVerdict, Statement};
use crate::net::aws::{Call, Session};

const PAGES: Paging = Paging { api: Api::Iam, asks: "Marker", says: "Marker" };

/// The most policies of one role that are read; AWS allows 20 attached ones by default.
const MOST_POLICIES: usize = 40;

/// Asks IAM to simulate actions of a role on every resource. `context` has what conditions ask for, by key
/// (`ecs:cluster`).
///
/// # Errors
/// One line that names call, region and cause.
pub async fn simulate(
    session: &Session,
    role: &str,
    actions: &[String],
    context: &[(String, String)],
) -> Result<Vec<Decision>, SourceError> {
    let mut parameters = vec![("PolicySourceArn".to_owned(), role.to_owned())];
    parameters.extend(listed("ActionNames.member", actions));
    for (number, (key, value)) in (1..).zip(context) {
        let entry = format!("ContextEntries.member.{number}");
        parameters.push((format!("{entry}.ContextKeyName"), key.clone()));
        parameters.push((format!("{entry}.ContextKeyType"), "string".to_owned()));
        parameters.push((format!("{entry}.ContextKeyValues.member.1"), value.clone()));
    }
    PAGES.all(session, "SimulatePrincipalPolicy", role, &parameters, "EvaluationResults", decision).await
}

/// Every policy of a role, attached and inline.
///
/// # Errors
/// As [`simulate`].
pub async fn policies(session: &Session, role: &str) -> Result<Vec<RolePolicy>, SourceError> {
    let name = role.rsplit('/').next().unwrap_or(role);
    let of = [("RoleName".to_owned(), name.to_owned())];
    let (attached, inline) = tokio::try_join!(
        PAGES.all(session, "ListAttachedRolePolicies", name, &of, "AttachedPolicies", |item| {
            (item.word(&["PolicyName"]), item.word(&["PolicyArn"]))
        }),
        PAGES.all(session, "ListRolePolicies", name, &of, "PolicyNames", |item| item.word(&[])),
    )?;
    let attached = attached.into_iter().take(MOST_POLICIES).map(|(name, arn)| attached_policy(session, name, arn));
    let inline = inline.into_iter().take(MOST_POLICIES).map(|policy| inline_policy(session, name, policy));
    let (mut policies, inline) =
        tokio::try_join!(futures_util::future::try_join_all(attached), futures_util::future::try_join_all(inline),)?;
    policies.extend(inline);
    Ok(policies)
}

async fn attached_policy(session: &Session, name: String, arn: String) -> Result<RolePolicy, SourceError> {
    let of = vec![("PolicyArn".to_owned(), arn)];
    let version =
        one(session, "GetPolicy", &name, &of, |root| root.word(&["GetPolicyResult", "Policy", "DefaultVersionId"]));
    let mut of_version = of.clone();
    of_version.push(("VersionId".to_owned(), version.await?));
    let document = one(session, "GetPolicyVersion", &name, &of_version, |root| {
        root.raw(&["GetPolicyVersionResult", "PolicyVersion", "Document"]).map(str::to_owned)
    });
    let document = document.await?;
    Ok(RolePolicy { statements: statements(&document.unwrap_or_default()), name })
}

async fn inline_policy(session: &Session, role: &str, name: String) -> Result<RolePolicy, SourceError> {
    let of = [("RoleName".to_owned(), role.to_owned()), ("PolicyName".to_owned(), name.clone())];
    let document = one(session, "GetRolePolicy", &name, &of, |root| {
        root.raw(&["GetRolePolicyResult", "PolicyDocument"]).map(str::to_owned)
    });
    Ok(RolePolicy { statements: statements(&document.await?.unwrap_or_default()), name })
}

async fn one<T>(
    session: &Session,
    action: &'static str,
    about: &str,
    parameters: &[(String, String)],
    read: fn(Element<'_, '_>) -> T,
) -> Result<T, SourceError> {
    let document = session.query(Api::Iam, action, about, parameters).await?;
    document.read(read).map_err(|why| session.garbage(&Call { service: Api::Iam.name(), action, about }, &why))
}

fn decision(item: Element<'_, '_>) -> Decision {
    Decision {
        action: item.word(&["EvalActionName"]),
        verdict: match item.raw(&["EvalDecision"]) {
            Some("allowed") => RoleVerdict::Allowed,
            Some("explicitDeny") => RoleVerdict::Denied,
            _ => RoleVerdict::NotAllowed,
        },
        by: item.list(&["MatchedStatements"]).filter_map(|statement| statement.text(&["SourcePolicyId"])).collect(),
        is_conditional: item.list(&["MissingContextValues"]).next().is_some(),
    }
}

/// The statements of a policy document as the API gives it: JSON, percent-encoded.
pub(super) fn statements(encoded: &str) -> Vec<Statement> {
    let decoded = percent_decoded(encoded);
    let document: Value = serde_json::from_str(&decoded).unwrap_or_default();
    match &document["Statement"] {
        Value::Array(statements) => statements.iter().map(statement).collect(),
        one @ Value::Object(_) => vec![statement(one)],
        _ => Vec::new(),
    }
}

fn statement(value: &Value) -> Statement {
    let words = |name: &str| match &value[name] {
        Value::Array(words) => words.iter().filter_map(Value::as_str).map(clean).collect(),
        Value::String(word) => vec![clean(word)],
        _ => Vec::new(),
    };
    Statement {
        allows: value["Effect"].as_str() == Some("Allow"),
        actions: words("Action"),
        not_actions: words("NotAction"),
        resources: words("Resource"),
        is_conditional: value["Condition"].as_object().is_some_and(|conditions| !conditions.is_empty()),
    }
}

fn clean(word: &str) -> String {
    crate::format::sanitise(word).into_owned()
}

/// `%7B` is `{`; what is not encoded stays as it is, a plus sign too.
fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let digits = (*byte == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        if let Some(value) = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            decoded.push(value);
            at += 3;
        } else {
            decoded.push(*byte);
            at += 1;
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}
