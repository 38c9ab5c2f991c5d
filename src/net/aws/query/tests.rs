use std::time::Duration;

use super::*;
use crate::domain::estate::{Peer, RoleVerdict, RuleAction};
use crate::net::Meter;
use crate::net::aws::fake;
use crate::net::http::loopback::{Asked, Loopback, Said};

async fn session(server: &Loopback) -> Session {
    let aws = fake::aws(fake::settings(&server.url));
    aws.session(&Meter::default(), Duration::from_mins(1)).await.unwrap()
}

fn xml(text: impl Into<String>) -> Said {
    Said::text(200, "text/xml", text)
}

#[test]
fn every_api_has_its_host_and_the_region_it_is_signed_for() {
    for (api, region, host, home) in [
        (Api::Ec2, "eu-west-1", "ec2.eu-west-1.amazonaws.com", "eu-west-1"),
        (Api::Elb, "ap-northeast-2", "elasticloadbalancing.ap-northeast-2.amazonaws.com", "ap-northeast-2"),
        (Api::Efs, "cn-north-1", "elasticfilesystem.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        (Api::Iam, "eu-west-1", "iam.amazonaws.com", "us-east-1"),
        (Api::Iam, "cn-northwest-1", "iam.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        (Api::Iam, "us-gov-east-1", "iam.us-gov.amazonaws.com", "us-gov-west-1"),
        (Api::Route53, "eu-west-1", "route53.amazonaws.com", "us-east-1"),
        (Api::Route53, "cn-north-1", "route53.amazonaws.com.cn", "cn-northwest-1"),
    ] {
        assert_eq!(api.place(region, false), (host.to_owned(), home.to_owned()), "{api:?} {region}");
    }
    assert_eq!(Api::Ec2.place("us-east-1", true).0, "ec2-fips.us-east-1.amazonaws.com");
}

#[tokio::test]
async fn requests_are_signed_and_pages_followed() {
    let server = Loopback::start(|asked: &Asked| {
        let (name, next) = match asked.parameter("Marker") {
            "" => ("one", "<NextMarker>m2</NextMarker>"),
            _ => ("two", ""),
        };
        xml(format!(
            "<DescribeLoadBalancersResponse xmlns=\"urn:e\"><DescribeLoadBalancersResult><LoadBalancers><member>\
             <LoadBalancerName>{name}</LoadBalancerName><State><Code>active</Code></State><SecurityGroups><member>sg-1\
             </member></SecurityGroups></member></LoadBalancers>{next}</DescribeLoadBalancersResult>\
             </DescribeLoadBalancersResponse>"
        ))
    })
    .await;
    let balancers = elb::balancers(&session(&server).await).await.unwrap();
    let names: Vec<&str> = balancers.iter().map(|balancer| balancer.name.as_str()).collect();
    assert_eq!((names, balancers[0].groups.clone()), (vec!["one", "two"], vec!["sg-1".to_owned()]));
    let asked = server.asked();
    assert_eq!(fake::action(&asked[0]), "DescribeLoadBalancers");
    let authorization = asked[0].header("authorization");
    assert!(authorization.contains("/eu-west-1/elasticloadbalancing/aws4_request"), "{authorization}");
    assert!(authorization.contains("SignedHeaders=content-type;host;x-amz-date"), "{authorization}");
}

#[tokio::test]
async fn rules_say_for_which_hosts_and_where_to() {
    let server = Loopback::start(|_: &Asked| {
        xml("<DescribeRulesResponse><DescribeRulesResult><Rules><member><Priority>default</Priority><Actions><member><Type>fixed-response\
             </Type><FixedResponseConfig><StatusCode>404</StatusCode></FixedResponseConfig></member></Actions></member>\
             <member><Priority>10</Priority><Conditions><member><Field>host-header</Field><HostHeaderConfig><Values>\
             <member>api.example.com</member></Values></HostHeaderConfig></member><member><Field>path-pattern</Field>\
             <Values><member>/v1/*</member></Values></member><member><Field>source-ip</Field></member></Conditions>\
             <Actions><member><Order>2</Order><Type>forward</Type><ForwardConfig><TargetGroups><member><TargetGroupArn>tg-a\
             </TargetGroupArn><Weight>0</Weight></member><member><TargetGroupArn>tg-b</TargetGroupArn></member>\
             </TargetGroups></ForwardConfig></member><member><Order>1</Order><Type>authenticate-oidc</Type></member>\
             <member><Order>3</Order><Type>redirect</Type><RedirectConfig><StatusCode>HTTP_301</StatusCode><Protocol>HTTPS\
             </Protocol><Port>443</Port></RedirectConfig></member></Actions></member></Rules></DescribeRulesResult></DescribeRulesResponse>")
    })
    .await;
    let rules = elb::rules(&session(&server).await, "arn:x:listener/app/a").await.unwrap();
    assert_eq!(rules[0].priority, "10", "the default comes last");
    assert_eq!((rules[0].hosts.join(" "), rules[0].paths.join(" ")), ("api.example.com".into(), "/v1/*".into()));
    assert_eq!(rules[0].others, ["source-ip"]);
    assert_eq!(rules[0].forwards_to().collect::<Vec<_>>(), ["tg-b"], "a weight of nothing sends nothing");
    assert_eq!(rules[0].actions[0], RuleAction::Other("authenticate-oidc".into()));
    assert_eq!(rules[0].actions[2], RuleAction::Redirect("301 to https://#{host}:443/#{path}".into()));
    assert_eq!(rules[1].actions, [RuleAction::Fixed("404".into())]);
}

#[tokio::test]
async fn a_permission_becomes_a_rule_for_each_peer() {
    let server = Loopback::start(|_: &Asked| {
        xml("<DescribeSecurityGroupsResponse xmlns=\"urn:ec2\"><securityGroupInfo><item><groupId>sg-1</groupId><groupName>web</groupName><ipPermissions>\
             <item><ipProtocol>tcp</ipProtocol><fromPort>443</fromPort><toPort>443</toPort><groups><item><groupId>sg-2\
             </groupId></item></groups><ipRanges><item><cidrIp>203.0.113.0/24</cidrIp><description>office</description>\
             </item></ipRanges><prefixListIds><item><prefixListId>pl-1</prefixListId></item></prefixListIds></item>\
             </ipPermissions><ipPermissionsEgress><item><ipProtocol>-1</ipProtocol><ipRanges><item><cidrIp>0.0.0.0/0\
             </cidrIp></item></ipRanges></item></ipPermissionsEgress></item></securityGroupInfo>\
             </DescribeSecurityGroupsResponse>")
    })
    .await;
    let groups = ec2::security_groups(&session(&server).await, &["sg-1".to_owned()]).await.unwrap();
    let peers: Vec<String> = groups[0].ingress.iter().map(|rule| rule.peer.to_string()).collect();
    assert_eq!(peers, ["203.0.113.0/24", "sg-2", "pl-1"]);
    assert_eq!(groups[0].ingress[0].note.as_deref(), Some("office"));
    assert!(matches!(groups[0].egress[0].peer, Peer::Range(_)) && groups[0].egress[0].is_tcp_to(443));
    assert_eq!(server.asked()[0].parameter("GroupId.1"), "sg-1");
}

#[tokio::test]
async fn records_of_other_names_are_left_out() {
    let server = Loopback::start(|asked: &Asked| {
        if asked.path.ends_with("hostedzonesbyname") {
            xml("<ListHostedZonesByNameResponse><HostedZones><HostedZone><Id>/hostedzone/Z1</Id><Name>example.com.</Name><Config><PrivateZone>true\
                 </PrivateZone></Config></HostedZone><HostedZone><Id>/hostedzone/Z2</Id><Name>example.net.</Name>\
                 </HostedZone></HostedZones>\
                 </ListHostedZonesByNameResponse>")
        } else {
            xml("<ListResourceRecordSetsResponse><ResourceRecordSets><ResourceRecordSet><Name>\\052.example.com.</Name><Type>A</Type><AliasTarget>\
                 <DNSName>dualstack.lb-1.elb.amazonaws.com.</DNSName></AliasTarget><Weight>10</Weight></ResourceRecordSet>\
                 <ResourceRecordSet><Name>a.example.com.</Name><Type>A</Type></ResourceRecordSet></ResourceRecordSets>\
                 </ListResourceRecordSetsResponse>")
        }
    })
    .await;
    let session = session(&server).await;
    let zones = route53::zones(&session, "example.com").await.unwrap();
    assert_eq!(zones.iter().map(|zone| (zone.id.as_str(), zone.private)).collect::<Vec<_>>(), [("Z1", true)]);
    let records = route53::records(&session, "Z1", "*.example.com").await.unwrap();
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].alias.as_deref(), Some("dualstack.lb-1.elb.amazonaws.com"));
    assert_eq!(records[0].policy.as_deref(), Some("weight 10"));
    assert!(server.asked()[1].header("authorization").contains("/us-east-1/route53/"));
}

#[tokio::test]
async fn a_denial_names_the_action_to_allow_and_a_throttled_call_is_tried_again() {
    let server = Loopback::start(|asked: &Asked| {
        if asked.path.starts_with("/2015-02-01") {
            return Said::Reply(
                403,
                vec![("x-amzn-errortype", "AccessDeniedException:http://x".into())],
                br#"{"Message":"User: me is not authorized to perform: elasticfilesystem:DescribeFileSystems"}"#.to_vec(),
            );
        }
        Said::text(
            503,
            "text/xml",
            "<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>slow down</Message></Error></Errors></Response>",
        )
    })
    .await;
    let session = session(&server).await;
    let denied = efs::file_systems(&session).await.unwrap_err();
    assert_eq!(denied.class, ErrorClass::Forbidden);
    let hint = "allow elasticfilesystem:DescribeFileSystems on * in the policy of these credentials";
    assert_eq!(denied.hint.as_deref(), Some(hint));
    let throttled = ec2::security_groups(&session, &["sg-1".to_owned()]).await.unwrap_err();
    assert_eq!(throttled.class, ErrorClass::Throttled);
    assert_eq!(server.asked().len(), 1 + 4, "once, and four attempts");
}

#[tokio::test]
async fn what_a_role_may_do_is_simulated_or_read() {
    let server = Loopback::start(|asked: &Asked| match asked.parameter("Action") {
        "SimulatePrincipalPolicy" => xml(
            "<SimulatePrincipalPolicyResponse><SimulatePrincipalPolicyResult><EvaluationResults><member><EvalActionName>ecs:ListTasks</EvalActionName>\
             <EvalDecision>implicitDeny</EvalDecision></member><member><EvalActionName>ecs:X</EvalActionName><EvalDecision>\
             allowed</EvalDecision><MatchedStatements><member><SourcePolicyId>read</SourcePolicyId></member>\
             </MatchedStatements></member></EvaluationResults></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>",
        ),
        "ListAttachedRolePolicies" => {
            xml("<ListAttachedRolePoliciesResponse><ListAttachedRolePoliciesResult><AttachedPolicies/></ListAttachedRolePoliciesResult></ListAttachedRolePoliciesResponse>")
        }
        "ListRolePolicies" => {
            xml("<ListRolePoliciesResponse><ListRolePoliciesResult><PolicyNames><member>sd</member></PolicyNames></ListRolePoliciesResult></ListRolePoliciesResponse>")
        }
        _ => xml(
            "<GetRolePolicyResponse><GetRolePolicyResult><PolicyDocument>%7B%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A\
             %22ecs%3AList%2A%22%2C%22Resource%22%3A%22*%22%7D%7D</PolicyDocument></GetRolePolicyResult></GetRolePolicyResponse>",
        ),
    })
    .await;
    let session = session(&server).await;
    let actions = ["ecs:ListTasks".to_owned(), "ecs:X".to_owned()];
    let decisions = iam::simulate(&session, "arn:aws:iam::1:role/r", &actions, &[]).await.unwrap();
    assert_eq!(decisions[0].verdict, RoleVerdict::NotAllowed);
    assert_eq!((decisions[1].verdict, decisions[1].by.join(" ")), (RoleVerdict::Allowed, "read".to_owned()));
    let policies = iam::policies(&session, "arn:aws:iam::1:role/path/r").await.unwrap();
    assert_eq!(
        (policies[0].name.as_str(), policies[0].statements[0].actions.join(" ")),
        ("sd", "ecs:List*".to_owned())
    );
    assert!(policies[0].statements[0].allows);
}

#[tokio::test]
async fn an_answer_of_another_kind_is_no_empty_list() {
    // What is well-formed and not asked for: a page of a proxy, an error with a good status, another call's answer.
    for body in [
        "<html><head><title>Sign in</title></head><body/></html>",
        "<Error><Code>NoSuchKey</Code></Error>",
        "<DescribeListenersResponse><DescribeListenersResult/></DescribeListenersResponse>",
        "<DescribeTargetHealthResponse><html/></DescribeTargetHealthResponse>",
    ] {
        let server = Loopback::start(move |_: &Asked| xml(body)).await;
        let session = session(&server).await;
        let targets = elb::target_health(&session, "arn:x:targetgroup/a").await.unwrap_err();
        assert_eq!(targets.class, ErrorClass::Garbage, "{body}: {targets}");
        let groups = ec2::security_groups(&session, &["sg-1".to_owned()]).await.unwrap_err();
        assert!(groups.what.contains("and no DescribeSecurityGroupsResponse"), "{groups}");
        assert_eq!(route53::zones(&session, "example.com").await.unwrap_err().class, ErrorClass::Garbage);
        assert_eq!(s3::is_versioned(&session, "states").await.unwrap_err().class, ErrorClass::Garbage);
        assert_eq!(iam::policies(&session, "arn:aws:iam::1:role/r").await.unwrap_err().class, ErrorClass::Garbage);
    }
    let server = Loopback::start(|_: &Asked| {
        xml("<DescribeTargetHealthResponse><DescribeTargetHealthResult><TargetHealthDescriptions/>\
             </DescribeTargetHealthResult></DescribeTargetHealthResponse>")
    })
    .await;
    assert_eq!(elb::target_health(&session(&server).await, "arn:x:targetgroup/a").await.unwrap(), []);
}

#[tokio::test]
async fn the_newest_whole_copy_counts_and_only_a_test_of_this_stack() {
    let server = Loopback::start(|asked: &Asked| {
        let arn = |name: &str| format!("arn:aws:backup:eu-west-1:1:restore-testing-plan:{name}");
        let job = |name: &str, at: u32, status: &str| {
            format!(
                r#"{{"Status":"{status}","CreationDate":{at}.5,"CreatedBy":{{"RestoreTestingPlanArn":"{}"}}}}"#,
                arn(name)
            )
        };
        let text = if asked.path.starts_with("/restore-jobs/") {
            let jobs = [
                job("prod_restore-0a1b", 100, "COMPLETED"),
                job("prod_restore_2-0a1b", 300, "FAILED"),
                job("prod_restore-0a1b", 200, "FAILED"),
                r#"{"Status":"COMPLETED","CreationDate":400.0}"#.to_owned(),
            ];
            format!(r#"{{"RestoreJobs":[{}]}}"#, jobs.join(","))
        } else if asked.parameter("nextToken") == "2" {
            r#"{"RecoveryPoints":[{"Status":"COMPLETED","CreationDate":1700000000.25}]}"#.to_owned()
        } else {
            r#"{"RecoveryPoints":[{"Status":"PARTIAL","CreationDate":1800000000}],"NextToken":"2"}"#.to_owned()
        };
        Said::text(200, "application/json", text)
    })
    .await;
    let session = session(&server).await;
    let copy = backup::newest_copy(&session, "prod").await.unwrap();
    assert_eq!(copy.unwrap().as_second(), 1_700_000_000);
    let test = backup::newest_test(&session, "prod_restore").await.unwrap().unwrap();
    assert_eq!((test.status.as_str(), test.began.as_second()), ("FAILED", 200));
}
