//! The page of `cloudwatch_exporter`: names and labels as it makes them from a namespace, a metric and dimensions.

use super::super::clock::{DAY, HOUR, MINUTE, Second, real};
use super::super::fleet::{ACCOUNT, REGION, Service};
use super::super::noise;
use super::super::scene::Scene;
use super::page::{Family, Kind, counter, gauge};
use crate::domain::{Signal, SourceKind};

/// Seconds until a minute's datapoint can be read.
const LATE: Second = 75;
/// What a request brings in and takes out, in bytes.
const REQUEST_BYTES: (f64, f64) = (1_900.0, 8_400.0);

type Labels = Vec<(&'static str, String)>;

/// The labels of a service in a group of metrics; `None` where it has none of them.
type Whose = fn(&Service) -> Option<Labels>;

/// One metric of a service: its name and, where it has one, its labels and value.
struct Metric {
    name: &'static str,
    help: &'static str,
    value: fn(&Seen<'_, '_>) -> Option<f64>,
}

/// A service as `CloudWatch` sees it at a minute.
struct Seen<'s, 'w> {
    scene: &'s Scene<'w>,
    at: Second,
}

impl Seen<'_, '_> {
    fn service(&self) -> &Service {
        self.scene.service
    }

    fn signal(&self, signal: Signal) -> Option<f64> {
        self.scene.measured(SourceKind::CloudWatch, signal, self.at)
    }

    fn tasks(&self) -> f64 {
        f64::from(self.scene.timeline.running(self.at))
    }

    /// CPU units and MiB that a task reserves: each reports by itself, so the average is that of one.
    fn reserved(&self) -> (f64, f64) {
        let number = |text: &str| text.parse::<f64>().unwrap_or(0.0);
        (number(self.service().size.0), number(self.service().size.1))
    }

    fn requests(&self) -> Option<f64> {
        self.signal(Signal::Traffic)
    }

    fn failures(&self) -> Option<f64> {
        Some(self.requests()? * self.signal(Signal::Errors)? / 100.0)
    }

    /// Bytes a second in or out, of each task. What has no requests still talks to queues and stores.
    fn bytes(&self, of_request: f64) -> Option<f64> {
        let share = self.signal(Signal::Cpu)?;
        let requests = self.requests().map_or(share * 4.0, |requests| requests / self.tasks().max(1.0));
        Some((requests * of_request).round())
    }
}

const ECS: [Metric; 2] = [
    Metric {
        name: "aws_ecs_cpuutilization_average",
        help: "CloudWatch metric AWS/ECS CPUUtilization Dimensions: [ClusterName, ServiceName] Statistic: Average Unit: Percent",
        value: |seen| seen.signal(Signal::Cpu),
    },
    Metric {
        name: "aws_ecs_memory_utilization_average",
        help: "CloudWatch metric AWS/ECS MemoryUtilization Dimensions: [ClusterName, ServiceName] Statistic: Average Unit: Percent",
        value: |seen| seen.signal(Signal::Memory),
    },
];

const INSIGHTS: [Metric; 10] = [
    Metric {
        name: "ecs_containerinsights_desired_task_count_average",
        help: "CloudWatch metric ECS/ContainerInsights DesiredTaskCount Statistic: Average Unit: Count",
        value: |seen| Some(f64::from(seen.service().tasks)),
    },
    Metric {
        name: "ecs_containerinsights_running_task_count_average",
        help: "CloudWatch metric ECS/ContainerInsights RunningTaskCount Statistic: Average Unit: Count",
        value: |seen| Some(seen.tasks()),
    },
    Metric {
        name: "ecs_containerinsights_pending_task_count_average",
        help: "CloudWatch metric ECS/ContainerInsights PendingTaskCount Statistic: Average Unit: Count",
        value: |seen| Some(f64::from(seen.scene.timeline.pending(seen.at))),
    },
    Metric {
        name: "ecs_containerinsights_deployment_count_average",
        help: "CloudWatch metric ECS/ContainerInsights DeploymentCount Statistic: Average Unit: Count",
        value: |seen| {
            let mut under_way = seen.scene.timeline.rollouts.iter().filter(|rollout| {
                rollout.created <= seen.at && rollout.settled.is_none_or(|settled| settled > seen.at)
            });
            // The one that is being replaced counts as well.
            Some(if under_way.next_back().is_some() { 2.0 } else { 1.0 })
        },
    },
    Metric {
        name: "ecs_containerinsights_cpu_reserved_average",
        help: "CloudWatch metric ECS/ContainerInsights CpuReserved Statistic: Average Unit: None (CPU units)",
        value: |seen| Some(seen.reserved().0),
    },
    Metric {
        name: "ecs_containerinsights_cpu_utilized_average",
        help: "CloudWatch metric ECS/ContainerInsights CpuUtilized Statistic: Average Unit: None (CPU units)",
        value: |seen| Some(seen.reserved().0 * seen.signal(Signal::Cpu)? / 100.0),
    },
    Metric {
        name: "ecs_containerinsights_memory_reserved_average",
        help: "CloudWatch metric ECS/ContainerInsights MemoryReserved Statistic: Average Unit: Megabytes",
        value: |seen| Some(seen.reserved().1),
    },
    Metric {
        name: "ecs_containerinsights_memory_utilized_average",
        help: "CloudWatch metric ECS/ContainerInsights MemoryUtilized Statistic: Average Unit: Megabytes",
        value: |seen| Some(seen.reserved().1 * seen.signal(Signal::Memory)? / 100.0),
    },
    Metric {
        name: "ecs_containerinsights_network_rx_bytes_average",
        help: "CloudWatch metric ECS/ContainerInsights NetworkRxBytes Statistic: Average Unit: Bytes/Second",
        value: |seen| seen.bytes(REQUEST_BYTES.0),
    },
    Metric {
        name: "ecs_containerinsights_network_tx_bytes_average",
        help: "CloudWatch metric ECS/ContainerInsights NetworkTxBytes Statistic: Average Unit: Bytes/Second",
        value: |seen| seen.bytes(REQUEST_BYTES.1),
    },
];

const BALANCER: [Metric; 7] = [
    Metric {
        name: "aws_applicationelb_target_response_time_average",
        help: "CloudWatch metric AWS/ApplicationELB TargetResponseTime Dimensions: [LoadBalancer, TargetGroup] Statistic: Average Unit: Seconds",
        value: |seen| Some(1.25 * seen.signal(Signal::LatencyP50)?),
    },
    Metric {
        name: "aws_applicationelb_target_response_time_maximum",
        help: "CloudWatch metric AWS/ApplicationELB TargetResponseTime Dimensions: [LoadBalancer, TargetGroup] Statistic: Maximum Unit: Seconds",
        value: |seen| Some(2.2 * seen.signal(Signal::LatencyP99)?),
    },
    Metric {
        name: "aws_applicationelb_request_count_sum",
        help: "CloudWatch metric AWS/ApplicationELB RequestCount Dimensions: [LoadBalancer, TargetGroup] Statistic: Sum Unit: Count",
        value: |seen| Some((seen.requests()? * real(MINUTE)).round()),
    },
    Metric {
        name: "aws_applicationelb_httpcode_target_5_xx_count_sum",
        help: "CloudWatch metric AWS/ApplicationELB HTTPCode_Target_5XX_Count Dimensions: [LoadBalancer, TargetGroup] Statistic: Sum Unit: Count",
        value: |seen| Some((seen.failures()? * real(MINUTE)).round()),
    },
    Metric {
        name: "aws_applicationelb_healthy_host_count_average",
        help: "CloudWatch metric AWS/ApplicationELB HealthyHostCount Dimensions: [LoadBalancer, TargetGroup] Statistic: Average Unit: Count",
        value: |seen| Some(seen.tasks() - unhealthy(seen)),
    },
    Metric {
        name: "aws_applicationelb_un_healthy_host_count_average",
        help: "CloudWatch metric AWS/ApplicationELB UnHealthyHostCount Dimensions: [LoadBalancer, TargetGroup] Statistic: Average Unit: Count",
        value: |seen| Some(unhealthy(seen)),
    },
    Metric {
        name: "aws_applicationelb_processed_bytes_sum",
        help: "CloudWatch metric AWS/ApplicationELB ProcessedBytes Dimensions: [LoadBalancer, TargetGroup] Statistic: Sum Unit: Bytes",
        value: |seen| Some((seen.requests()? * (REQUEST_BYTES.0 + REQUEST_BYTES.1) * real(MINUTE)).round()),
    },
];

fn unhealthy(seen: &Seen<'_, '_>) -> f64 {
    let lives = seen.scene.timeline.lives.iter().filter(|life| life.runs(seen.at));
    lives.filter(|life| life.sick.is_some_and(|sick| sick <= seen.at)).count() as f64
}

/// Everything that can be collected at `at`.
pub fn families(scenes: &[Scene<'_>], at: Second) -> Vec<Family> {
    let minute = super::super::clock::floor(at - LATE, MINUTE);
    let seen: Vec<Seen<'_, '_>> = scenes.iter().map(|scene| Seen { scene, at: minute }).collect();
    let mut families = Vec::new();
    let groups: [(&[Metric], Whose); 3] = [
        (&ECS, |service| Some(of_service("aws_ecs", service))),
        (&INSIGHTS, |service| Some(of_service("ecs_containerinsights", service))),
        (&BALANCER, balancer),
    ];
    for (metrics, labels) in groups {
        for metric in metrics {
            let mut family = Family::new(metric.name, Kind::Gauge, metric.help);
            for one in &seen {
                if let (Some(labels), Some(value)) = (labels(one.service()), (metric.value)(one)) {
                    family.add("", labels, value);
                }
            }
            families.push(family);
        }
    }
    families.extend(storage(minute));
    families.push(certificate(minute));
    families.extend(backups());
    families
}

fn job(name: &str) -> Labels {
    vec![("job", name.to_owned()), ("instance", String::new())]
}

fn of_service(name: &str, service: &Service) -> Labels {
    let mut labels = job(name);
    labels.extend([("cluster_name", service.id.cluster.clone()), ("service_name", service.id.name.clone())]);
    labels
}

/// Nothing for a service that no load balancer sends requests to.
fn balancer(service: &Service) -> Option<Labels> {
    let group = service.target_group();
    let group = group.split_once(":targetgroup/").map(|(_, rest)| format!("targetgroup/{rest}"))?;
    let mut labels = job("aws_applicationelb");
    let balancer = format!("app/{}/50dc6c495c0c9188", service.id.cluster);
    labels.extend([("load_balancer", balancer), ("target_group", group)]);
    service.http.then_some(labels)
}

/// The file system under Prometheus and Grafana.
fn storage(at: Second) -> [Family; 3] {
    let wave = noise::wave(0x70, at, HOUR);
    let labels = |class: Option<&str>| {
        let mut labels = job("aws_efs");
        labels.push(("file_system_id", "fs-0123456789abcdef0".to_owned()));
        labels.extend(class.map(|class| ("storage_class", class.to_owned())));
        labels
    };
    let gauge = |name: &str, help, labels, value| Family::new(name, Kind::Gauge, help).with(labels, value);
    [
        gauge(
            "aws_efs_burst_credit_balance_minimum",
            "CloudWatch metric AWS/EFS BurstCreditBalance Dimensions: [FileSystemId] Statistic: Minimum Unit: Bytes",
            labels(None),
            (2.05e12 + 0.04e12 * wave).round(),
        ),
        gauge(
            "aws_efs_percent_iolimit_maximum",
            "CloudWatch metric AWS/EFS PercentIOLimit Dimensions: [FileSystemId] Statistic: Maximum Unit: Percent",
            labels(None),
            ((4.0 + 1.5 * wave) * 100.0).round() / 100.0,
        ),
        gauge(
            "aws_efs_storage_bytes_average",
            "CloudWatch metric AWS/EFS StorageBytes Dimensions: [FileSystemId, StorageClass] Statistic: Average Unit: Bytes",
            labels(Some("Total")),
            (14.8e9 * (1.0 + 0.01 * wave)).round(),
        ),
    ]
}

/// The last day's backups of the file system.
fn backups() -> [Family; 2] {
    let labels = || {
        let mut labels = job("aws_backup");
        labels.push(("backup_vault_name", "prod-monitoring".to_owned()));
        labels
    };
    [
        Family::new(
            "aws_backup_number_of_backup_jobs_completed_sum",
            Kind::Gauge,
            "CloudWatch metric AWS/Backup NumberOfBackupJobsCompleted Dimensions: [BackupVaultName] Statistic: Sum Unit: Count",
        )
        .with(labels(), 1.0),
        Family::new(
            "aws_backup_number_of_backup_jobs_failed_sum",
            Kind::Gauge,
            "CloudWatch metric AWS/Backup NumberOfBackupJobsFailed Dimensions: [BackupVaultName] Statistic: Sum Unit: Count",
        )
        .with(labels(), 0.0),
    ]
}

/// The certificate of Grafana's load balancer, which ACM renews two months ahead.
fn certificate(at: Second) -> Family {
    let mut labels = job("aws_certificatemanager");
    let arn = format!("arn:aws:acm:{REGION}:{ACCOUNT}:certificate/00000000-0000-0000-0000-000000000000");
    labels.push(("certificate_arn", arn));
    let days = 60 + (-at / DAY).rem_euclid(300);
    Family::new(
        "aws_certificatemanager_days_to_expiry_minimum",
        Kind::Gauge,
        "CloudWatch metric AWS/CertificateManager DaysToExpiry Dimensions: [CertificateArn] Statistic: Minimum Unit: Count",
    )
    .with(labels, real(days))
}

/// The exporter's own metrics: one request for each series every two minutes since `origin`, and now and then a look
/// at which series there are.
pub fn own(families: &[Family], origin: Second, at: Second) -> Vec<Family> {
    let scrapes = real(((at - origin) / (2 * MINUTE)).max(0));
    let mut calls = Family::new("cloudwatch_requests_total", Kind::Counter, "API requests made to CloudWatch");
    for namespace in
        ["AWS/ECS", "ECS/ContainerInsights", "AWS/ApplicationELB", "AWS/EFS", "AWS/Backup", "AWS/CertificateManager"]
    {
        let prefix = namespace.replace('/', "_").to_lowercase() + "_";
        let own = families.iter().filter(|family| family.name.starts_with(&prefix));
        let (metrics, series) = own.fold((0, 0), |(metrics, series), one| (metrics + 1, series + one.samples.len()));
        for (action, count) in [
            ("getMetricStatistics", series as f64 * scrapes),
            ("listMetrics", f64::from(metrics) * (scrapes / 5.0).floor()),
        ] {
            if metrics > 0 {
                calls.add("", vec![("action", action.to_owned()), ("namespace", namespace.to_owned())], count);
            }
        }
    }
    vec![
        calls,
        gauge("cloudwatch_exporter_scrape_duration_seconds", "Time this CloudWatch scrape took, in seconds.", 1.7),
        gauge("cloudwatch_exporter_scrape_error", "Non-zero if this scrape failed.", 0.0),
        counter("process_cpu_seconds_total", "CPU time spent, in seconds.", 0.04 * real((at - origin).max(0))),
        gauge("process_resident_memory_bytes", "Memory in use.", 241_000_000.0),
    ]
}
