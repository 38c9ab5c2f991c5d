//! What the shared AWS configuration says of a profile, and why no credentials came out of it.

use std::error::Error;

use aws_config::profile::{self, Profile, ProfileSet};
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sts::error::ProvideErrorMetadata;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_types::os_shim_internal::{Env, Fs};

use super::explain::{cause, clean};
use super::transport::TransportFailure;
use crate::domain::{ErrorClass, SourceError};

/// The longest chain of `source_profile` followed.
const MAX_CHAIN: usize = 10;

/// How many names of other profiles a hint lists.
const MAX_NAMES: usize = 8;

/// What can be known of a profile without using it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    /// The profile's name, where one was asked for (by the context or `AWS_PROFILE`) or `default` exists.
    name: Option<String>,
    /// Whether it is defined.
    exists: bool,
    /// The other profiles there are.
    others: Vec<String>,
    /// The profile to log in to: itself or one of its sources, where that gets its credentials from SSO.
    sso: Option<String>,
    /// The profile that asks for an MFA code.
    mfa: Option<String>,
    /// Whether it uses `aws login`, which the SDK of this program has not.
    login: bool,
    /// Why the files could not be read.
    broken: Option<String>,
}

impl Facts {
    /// Reads the shared configuration as the SDK does. `wanted` is the context's profile.
    pub(super) async fn gather(wanted: Option<&str>) -> Self {
        Self::gather_from(&Fs::real(), &Env::real(), wanted).await
    }

    #[expect(clippy::default_trait_access, reason = "the SDK does not re-export the type under a name to keep")]
    async fn gather_from(fs: &Fs, env: &Env, wanted: Option<&str>) -> Self {
        let wanted = wanted.map(str::to_owned).or_else(|| env.get("AWS_PROFILE").ok().filter(|name| !name.is_empty()));
        match profile::load(fs, env, &Default::default(), wanted.clone().map(Into::into)).await {
            Ok(set) => Self::of(&set, wanted),
            Err(error) => Self { name: wanted, broken: Some(clean(&cause(&error))), ..Self::default() },
        }
    }

    fn of(set: &ProfileSet, wanted: Option<String>) -> Self {
        let selected = set.selected_profile();
        let exists = set.get_profile(selected).is_some();
        let mut facts = Self {
            name: wanted.or_else(|| exists.then(|| selected.to_owned())),
            exists,
            others: set.profiles().filter(|name| *name != selected).map(clean).collect(),
            ..Self::default()
        };
        facts.others.sort();
        let mut next = set.get_profile(selected);
        for _ in 0..MAX_CHAIN {
            let Some(profile) = next else { break };
            facts.look_at(profile);
            next = profile
                .get("source_profile")
                .filter(|source| *source != profile.name())
                .and_then(|source| set.get_profile(source));
        }
        facts
    }

    fn look_at(&mut self, profile: &Profile) {
        let name = clean(profile.name());
        if profile.get("sso_session").or_else(|| profile.get("sso_start_url")).is_some() {
            self.sso.get_or_insert(name.clone());
        }
        if profile.get("mfa_serial").is_some() {
            self.mfa.get_or_insert(name);
        }
        self.login |= profile.get("login_session").is_some();
    }

    /// How the credentials are spoken of (`profile prod`).
    pub(super) fn place(&self) -> String {
        self.name.as_ref().map_or_else(|| "aws credentials".to_owned(), |name| format!("aws profile {}", clean(name)))
    }

    /// Why there are no credentials, and what to do.
    pub(super) fn explain(&self, error: &CredentialsError) -> SourceError {
        let place = self.place();
        let why = clean(&cause(error));
        if self.name.is_none() && self.broken.is_none() && is_end_of_chain(error, &why) {
            return nothing_found();
        }
        if let Some(failure) = find::<TransportFailure>(error) {
            let what = format!("{place}: {}", failure.error.what);
            return SourceError { what, ..failure.error.clone() };
        }
        let fail = |what: String| SourceError::new(ErrorClass::Credentials, what);
        if let Some(why) = &self.broken {
            return fail(format!("the shared AWS configuration cannot be read: {why}"))
                .with_hint("correct ~/.aws/config and ~/.aws/credentials");
        }
        if let (Some(_), false) = (&self.name, self.exists) {
            return self.undefined(&place);
        }
        if let Some(profile) = &self.sso {
            return if why.contains("ForbiddenException") || why.contains("No access") {
                fail(format!("{place}: SSO gives no access to this role: {why}"))
                    .with_hint("check sso_account_id and sso_role_name of the profile, or ask for the permission set")
            } else {
                fail(format!("{place}: {}", sso_state(&why)))
                    .with_hint(format!("run: aws sso login --profile {profile}"))
            };
        }
        if let Some(profile) = &self.mfa {
            return fail(format!("{place}: profile {profile} asks for an MFA code, which cannot be asked for here"))
                .with_hint(export_hint(self.name.as_deref()));
        }
        if self.login {
            return fail(format!("{place}: `aws login` sessions cannot be read here"))
                .with_hint(export_hint(self.name.as_deref()));
        }
        if let Some(denied) = find::<AssumeRoleError>(error) {
            let code = denied.code().unwrap_or("refused");
            let message = denied.message().map(clean).unwrap_or_default();
            let error = fail(format!("{place}: sts:AssumeRole: {code}: {message}"));
            return if code == "AccessDenied" {
                error.with_hint("allow sts:AssumeRole on the role to these credentials, and them in its trust policy")
            } else {
                error.with_hint(self.renew())
            };
        }
        match error {
            CredentialsError::CredentialsNotLoaded(_) => {
                fail(format!("{place} has no credentials")).with_hint(self.renew())
            }
            CredentialsError::ProviderTimedOut(_) => SourceError::new(ErrorClass::Timeout, format!("{place}: {why}")),
            _ => fail(format!("{place}: {why}")).with_hint(self.renew()),
        }
    }

    /// Why there is no region: mostly because the profile that should have one is misspelt.
    pub(super) fn explain_no_region(&self) -> SourceError {
        match &self.name {
            Some(_) if !self.exists && self.broken.is_none() => self.undefined(&self.place()),
            name => {
                let profile = clean(name.as_deref().unwrap_or("default"));
                SourceError::new(ErrorClass::Local, "aws: no region is set").with_hint(format!(
                    "set `region` in the context's [aws], AWS_REGION, or run: aws configure set region REGION --profile \
                     {profile}"
                ))
            }
        }
    }

    /// The next step where AWS refuses the credentials that were found.
    pub(super) fn next_step(&self) -> String {
        self.sso.as_ref().map_or_else(|| self.renew(), |profile| format!("run: aws sso login --profile {profile}"))
    }

    fn renew(&self) -> String {
        match &self.name {
            Some(name) => {
                format!("renew the credentials, then check with: aws sts get-caller-identity --profile {}", clean(name))
            }
            None => "renew the credentials, then check with: aws sts get-caller-identity".to_owned(),
        }
    }

    fn undefined(&self, place: &str) -> SourceError {
        let what = format!("{place} is not defined in ~/.aws/config or ~/.aws/credentials");
        let error = SourceError::new(ErrorClass::Credentials, what);
        if self.others.is_empty() {
            return error.with_hint("there is no profile at all; run: aws configure sso");
        }
        let mut names = self.others.iter().take(MAX_NAMES).cloned().collect::<Vec<_>>().join(", ");
        if self.others.len() > MAX_NAMES {
            names.push_str(", ...");
        }
        error.with_hint(format!("profiles there are: {names}"))
    }
}

/// Whether the chain came to its end: nothing was found, or all that is left is instance metadata that gives nothing.
fn is_end_of_chain(error: &CredentialsError, why: &str) -> bool {
    matches!(error, CredentialsError::CredentialsNotLoaded(_))
        || why.contains("IMDS")
        || why.contains("169.254.169.254")
}

fn nothing_found() -> SourceError {
    let what = "no AWS credentials found (looked at the environment, shared profiles, web identity, container, \
                instance metadata)";
    SourceError::new(ErrorClass::Credentials, what)
        .with_hint("set `profile` in the context's [aws], or AWS_PROFILE; new here? run: aws configure sso")
}

/// The CLI can ask for codes and read its own log-ins, and hand the result on.
fn export_hint(profile: Option<&str>) -> String {
    format!(
        "remove `profile` from the context and run: eval \"$(aws configure export-credentials --profile {} --format env)\"",
        clean(profile.unwrap_or("default"))
    )
}

fn sso_state(why: &str) -> String {
    if why.contains("expired") {
        "the SSO session has expired".to_owned()
    } else if why.contains("cached SSO token") {
        "there is no SSO session".to_owned()
    } else if why.contains("UnauthorizedException") {
        "the SSO session was refused".to_owned()
    } else {
        format!("no credentials from SSO: {why}")
    }
}

/// The first cause of type `E`.
pub(super) fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "
[default]
region = eu-west-1
[profile prod]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = ReadOnly
[sso-session corp]
sso_start_url = https://example.awsapps.com/start
sso_region = us-east-1
[profile admin]
role_arn = arn:aws:iam::123456789012:role/Admin
source_profile = prod
[profile guarded]
role_arn = arn:aws:iam::123456789012:role/Admin
source_profile = default
mfa_serial = arn:aws:iam::123456789012:mfa/me
[profile loop]
role_arn = arn:aws:iam::123456789012:role/Admin
source_profile = loop
[profile console]
login_session = arn:aws:iam::123456789012:user/me
";

    async fn facts(wanted: Option<&str>, env: &[(&str, &str)]) -> Facts {
        let mut env = env.to_vec();
        env.push(("HOME", "/home/me"));
        let fs = Fs::from_slice(&[("/home/me/.aws/config", CONFIG)]);
        Facts::gather_from(&fs, &Env::from_slice(&env), wanted).await
    }

    fn not_loaded() -> CredentialsError {
        CredentialsError::not_loaded_no_source()
    }

    #[tokio::test]
    async fn every_reason_names_the_profile_and_the_next_step() {
        let expired = || CredentialsError::provider_error("the SSO token has expired and cannot be refreshed");
        let none = || CredentialsError::provider_error("failed to load the cached SSO token");
        let denied = || CredentialsError::provider_error("ForbiddenException: No access");
        for (profile, error, what, hint) in [
            (
                Some("prod"),
                expired(),
                "aws profile prod: the SSO session has expired",
                "run: aws sso login --profile prod",
            ),
            (Some("prod"), none(), "aws profile prod: there is no SSO session", "run: aws sso login --profile prod"),
            (
                Some("admin"),
                expired(),
                "aws profile admin: the SSO session has expired",
                "run: aws sso login --profile prod",
            ),
            (Some("prod"), denied(), "aws profile prod: SSO gives no access to this role", "check sso_account_id"),
            (Some("guarded"), not_loaded(), "asks for an MFA code", "export-credentials --profile guarded"),
            (
                Some("console"),
                not_loaded(),
                "`aws login` sessions cannot be read",
                "export-credentials --profile console",
            ),
            (
                Some("prd"),
                not_loaded(),
                "aws profile prd is not defined",
                "profiles there are: admin, console, default",
            ),
            (
                Some("loop"),
                not_loaded(),
                "aws profile loop has no credentials",
                "aws sts get-caller-identity --profile loop",
            ),
            (None, not_loaded(), "aws profile default has no credentials", "--profile default"),
        ] {
            let told = facts(profile, &[]).await.explain(&error);
            assert_eq!(told.class, ErrorClass::Credentials, "{profile:?}");
            assert!(told.what.contains(what), "{profile:?}: {}", told.what);
            assert!(told.hint.as_deref().is_some_and(|text| text.contains(hint)), "{profile:?}: {:?}", told.hint);
        }
    }

    #[tokio::test]
    async fn without_any_profile_the_hint_says_where_was_looked() {
        let fs = Fs::from_slice(&[]);
        let forbidden = CredentialsError::provider_error("failed to load IMDS session token: request forbidden");
        for error in [not_loaded(), forbidden] {
            let told = Facts::gather_from(&fs, &Env::from_slice(&[]), None).await.explain(&error);
            assert!(told.what.starts_with("no AWS credentials found"), "{}", told.what);
            assert!(told.hint.is_some_and(|hint| hint.contains("aws configure sso")));
        }
    }

    #[tokio::test]
    async fn a_missing_region_is_blamed_on_a_misspelt_profile_first() {
        let told = facts(Some("prd"), &[]).await.explain_no_region();
        assert_eq!((told.class, told.what.contains("prd is not defined")), (ErrorClass::Credentials, true));
        let told = facts(Some("prod"), &[]).await.explain_no_region();
        assert_eq!((told.class, told.what.as_str()), (ErrorClass::Local, "aws: no region is set"));
        assert!(told.hint.is_some_and(|hint| hint.ends_with("aws configure set region REGION --profile prod")));
    }

    #[tokio::test]
    async fn the_environment_names_a_profile_unless_the_context_does() {
        let env = [("AWS_PROFILE", "prod")];
        assert_eq!(facts(None, &env).await.place(), "aws profile prod");
        assert_eq!(facts(Some("admin"), &env).await.place(), "aws profile admin");
    }

    #[tokio::test]
    async fn what_the_network_did_is_not_blamed_on_the_profile() {
        let down = SourceError::new(ErrorClass::Dns, "GET https://portal.sso: the host name does not resolve");
        let told = facts(Some("prod"), &[])
            .await
            .explain(&CredentialsError::provider_error(TransportFailure { error: down, never_sent: true }));
        assert_eq!(told.class, ErrorClass::Dns);
        assert!(told.what.starts_with("aws profile prod: GET https://portal.sso"), "{}", told.what);
    }
}
