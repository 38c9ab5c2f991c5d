//! Which context, and what the command line changes in it.

use url::Url;

use super::meaning::stack_services;
use super::rules;
use super::settings::{ARM_FOR, Aws, CHANGE_TIMEOUT, Context, Refresh, Settings};
use crate::domain::Policy;
use crate::located::{Problem, Refused, listed, nearest};

/// What the command line changes in a context.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `--profile`.
    pub profile: Option<String>,
    /// `--region`.
    pub region: Option<String>,
    /// `--cluster`, each by name or ARN; `all` for every cluster of the region.
    pub clusters: Vec<String>,
    /// `--service`, each by name or glob.
    pub services: Vec<String>,
    /// Another endpoint for every AWS API.
    pub endpoint_url: Option<Url>,
}

impl Settings {
    /// The context to look at: the one named by a flag, by `ROUNDS_CONTEXT`, by `default_context`, or the only one.
    ///
    /// # Errors
    /// There is no such context, or none is named and there are several, or there is none at all.
    pub fn choose(&self, flag: Option<&str>, env: Option<&str>) -> Result<&Context, Refused> {
        let env = env.filter(|name| !name.is_empty());
        let (name, said_by) = match (flag, env, self.default_context.as_deref()) {
            (Some(name), _, _) => (name, "--context"),
            (None, Some(name), _) => (name, "ROUNDS_CONTEXT"),
            (None, None, Some(name)) => (name, "default_context"),
            (None, None, None) => return self.only(),
        };
        self.contexts.get(name).ok_or_else(|| {
            let names = self.names();
            let hint = match nearest(name, names.iter().copied()) {
                Some(meant) => format!("did you mean `{meant}`? contexts here: {}", listed(names)),
                None if names.is_empty() => format!("no context is configured; {}", self.where_to_add("a context")),
                None => format!("contexts here: {}", listed(names)),
            };
            Problem::new(format!("{said_by} names `{name}`, and there is no such context"), hint).into()
        })
    }

    /// The only context there is.
    fn only(&self) -> Result<&Context, Refused> {
        let mut contexts = self.contexts.values();
        match (contexts.next(), contexts.next()) {
            (Some(context), None) => Ok(context),
            (None, _) => Err(Problem::new("no context is configured", self.where_to_add("a context")).into()),
            (Some(_), Some(_)) => Err(Problem::new(
                format!("no context is named, and there are several: {}", listed(self.names())),
                format!(
                    "use --context NAME or ROUNDS_CONTEXT; to have a default, {}",
                    self.where_to_add("`default_context`")
                ),
            )
            .into()),
        }
    }

    /// These settings, with one context of AWS alone where the file has none, by the standard chain of credentials. It
    /// is named after the profile, or `default`. `env` knows `AWS_PROFILE`.
    #[must_use]
    pub fn or_bare(mut self, overrides: &Overrides, env: impl Fn(&str) -> Option<String>) -> Self {
        if self.contexts.is_empty() {
            let profile = || env("AWS_PROFILE").or_else(|| env("AWS_DEFAULT_PROFILE")).filter(|name| !name.is_empty());
            let name = overrides.profile.clone().or_else(profile).unwrap_or_else(|| "default".to_owned());
            self.contexts.insert(name.clone(), bare(name));
        }
        self
    }

    fn names(&self) -> Vec<&str> {
        self.contexts.keys().map(String::as_str).collect()
    }

    fn where_to_add(&self, what: &str) -> String {
        match &self.file {
            Some(file) => format!("add {what} to {}", file.display()),
            None => format!("add {what} to the configuration; `rounds config path` says where it is"),
        }
    }
}

impl Overrides {
    /// The context with these in force.
    ///
    /// # Errors
    /// A region, cluster or glob that cannot be one; all of them together.
    pub fn apply(&self, mut context: Context) -> Result<Context, Refused> {
        let flags: [(&str, &rules::Rule, &[String]); 4] = [
            ("--profile", &rules::TEXT, self.profile.as_slice()),
            ("--region", &rules::REGION, self.region.as_slice()),
            ("--cluster", &rules::CLUSTER, &self.clusters),
            ("--service", &rules::GLOB, &self.services),
        ];
        let problems: Vec<Problem> = flags
            .iter()
            .flat_map(|(flag, rule, values)| values.iter().map(move |value| (flag, rule, value)))
            .filter(|(_, rule, value)| value.is_empty() || !(rule.obeys)(value))
            .map(|(flag, rule, value)| {
                Problem::new(format!("{flag} cannot be `{value}`"), format!("expected {}", rule.expected))
            })
            .collect();
        if !problems.is_empty() {
            return Err(Refused { problems });
        }

        if self.profile.is_some() || self.region.is_some() || !self.clusters.is_empty() || self.endpoint_url.is_some() {
            let aws = context.aws.get_or_insert_with(plain_aws);
            aws.profile = self.profile.clone().or_else(|| aws.profile.take());
            aws.region = self.region.clone().or_else(|| aws.region.take());
            aws.endpoint_url = self.endpoint_url.clone().or_else(|| aws.endpoint_url.take());
            if self.clusters.iter().any(|cluster| cluster == "all") {
                aws.clusters.clear();
            } else if !self.clusters.is_empty() {
                aws.clusters.clone_from(&self.clusters);
            }
        }
        if !self.services.is_empty() {
            context.services.clone_from(&self.services);
        }
        Ok(context)
    }
}

/// A context of AWS alone.
fn bare(name: String) -> Context {
    Context {
        name,
        production: false,
        read_only: false,
        arm_for: ARM_FOR,
        change_timeout: CHANGE_TIMEOUT,
        aws: Some(plain_aws()),
        prometheus: None,
        alertmanager: None,
        grafana: None,
        policy: Policy::default(),
        refresh: Refresh::default(),
        logs: super::settings::Logs::default(),
        stack_services: stack_services(),
        services: Vec::new(),
    }
}

/// AWS as the standard chain finds it.
fn plain_aws() -> Aws {
    Aws { profile: None, region: None, clusters: Vec::new(), assume_role: None, endpoint_url: None, cloudwatch: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(default: Option<&str>, names: &[&str]) -> Settings {
        let contexts = names.iter().map(|name| ((*name).to_owned(), bare((*name).to_owned()))).collect();
        Settings { default_context: default.map(str::to_owned), contexts, ..Settings::empty() }
    }

    #[test]
    fn a_flag_goes_before_the_environment_before_the_default() {
        let several = with(Some("stage"), &["dev", "prod", "stage"]);
        for (flag, env, chosen) in [
            (Some("prod"), Some("dev"), "prod"),
            (None, Some("dev"), "dev"),
            (None, Some(""), "stage"),
            (None, None, "stage"),
        ] {
            assert_eq!(several.choose(flag, env).map(|context| context.name.as_str()), Ok(chosen));
        }
        assert_eq!(with(None, &["only"]).choose(None, None).map(|context| context.name.as_str()), Ok("only"));
    }

    #[test]
    fn who_names_no_context_is_told_which_there_are() {
        let several = with(None, &["dev", "prod"]);
        let said = |flag, env| several.choose(flag, env).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(said(None, None).contains("several: dev and prod"), "{}", said(None, None));
        assert!(said(Some("prd"), None).contains("did you mean `prod`?"), "{}", said(Some("prd"), None));
        assert!(said(None, Some("x")).contains("ROUNDS_CONTEXT names `x`"), "{}", said(None, Some("x")));
        let none = with(None, &[]).choose(None, None).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(none.contains("no context is configured"), "{none}");
    }

    #[test]
    fn without_contexts_there_is_one_of_aws_alone() {
        let profile = Overrides { profile: Some("kim".to_owned()), ..Overrides::default() };
        let env = |name: &str| (name == "AWS_PROFILE").then(|| "from-env".to_owned());
        for (overrides, named) in [(&profile, "kim"), (&Overrides::default(), "from-env")] {
            let settings = Settings::empty().or_bare(overrides, env);
            assert_eq!(settings.choose(None, None).map(|context| context.name.as_str()), Ok(named));
        }
        assert!(Settings::empty().or_bare(&Overrides::default(), |_| None).contexts.contains_key("default"));
        assert_eq!(with(None, &["prod"]).or_bare(&profile, env), with(None, &["prod"]));
    }

    #[test]
    fn flags_change_what_they_name_and_nothing_else() {
        let mut context = bare("prod".to_owned());
        context.aws = Some(Aws { profile: Some("a".to_owned()), clusters: vec!["one".to_owned()], ..plain_aws() });
        let overrides = Overrides {
            region: Some("eu-west-1".to_owned()),
            services: vec!["api-*".to_owned()],
            ..Overrides::default()
        };
        let changed = overrides.apply(context.clone()).map(|changed| (changed.aws, changed.services));
        let aws = context.aws.clone().map(|aws| Aws { region: Some("eu-west-1".to_owned()), ..aws });
        assert_eq!(changed, Ok((aws, vec!["api-*".to_owned()])));

        let all = Overrides { clusters: vec!["all".to_owned()], ..Overrides::default() };
        let clusters = all.apply(context).ok().and_then(|changed| changed.aws).map(|aws| aws.clusters);
        assert_eq!(clusters, Some(Vec::new()));
    }

    #[test]
    fn flags_that_cannot_be_are_refused_together() {
        let wrong = Overrides {
            region: Some("Seoul".to_owned()),
            services: vec!["[".to_owned(), String::new()],
            ..Overrides::default()
        };
        let error = wrong.apply(bare("x".to_owned())).err().map(|error| error.problems.len());
        assert_eq!(error, Some(3));
    }
}
