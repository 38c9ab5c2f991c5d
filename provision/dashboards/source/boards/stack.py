"""The monitoring stack itself: is what we see complete, fresh and delivered?"""

import queries as q
from layout import dashboard, row
from panels import alerts, stat, states, timeseries
from style import BYTES, CRITICAL, DAYS, NUMBER, OK, PERCENT, SECONDS, UP, WARNING, steps
from variables import datasource

PROMETHEUS = 'job="prometheus"'
SCRAPED = '100 * avg(avg_over_time(up{job="ecs-services"}[$__range]))'
RULES_BEHIND = f"max(time() - prometheus_rule_group_last_evaluation_timestamp_seconds{{{PROMETHEUS}}})"
QUERY_TIME = f'prometheus_engine_query_duration_seconds{{{PROMETHEUS}, slice="inner_eval", quantile="0.99"}}'
GRAFANA_P95 = 'histogram_quantile(0.95, sum by (le) (rate(grafana_http_request_duration_seconds_bucket[$__rate_interval]))) >= 0'
RULE_TIME = f"""max by (rule_group) (
  label_replace(prometheus_rule_group_last_duration_seconds{{{PROMETHEUS}}}, "rule_group", "$1", "rule_group", ".*/(.*)")
)"""
USED = f"""sum(
  {{__name__=~"prometheus_tsdb_(storage_blocks|wal_storage_size|head_chunks_storage_size)_bytes", {PROMETHEUS}}}
)"""
FAILED_SCRAPES = f"{q.TARGETS.split('{')[0]} == 0"
GRAFANA_ERRORS = """100 * (
  sum by (job) (rate(grafana_http_request_duration_seconds_count{status_code=~"5.."}[$__rate_interval]))
  or 0 * sum by (job) (rate(grafana_http_request_duration_seconds_count[$__rate_interval]))
) / sum by (job) (rate(grafana_http_request_duration_seconds_count[$__rate_interval]))"""


def board():
    return dashboard(
        "rounds-stack",
        "Monitoring Stack",
        "Is what the other dashboards show complete and fresh, and do alerts reach people?",
        [datasource()],
        [
            row(
                None,
                4,
                stat("Scrapes that succeeded", "Of all services, over the time range chosen. The goal is 100 %.", 4, [(SCRAPED, "succeeded")], PERCENT, steps=steps(CRITICAL, (99, WARNING), (100, OK)), decimals=2),
                stat("Slowest queries", "One in a hundred takes longer. The goal is below 1 s.", 4, [(f"max({QUERY_TIME} >= 0)", "p99")], SECONDS, alert="PrometheusQueriesSlow"),
                stat("Grafana's answers, p95", "The goal is below 2 s.", 4, [(GRAFANA_P95, "p95")], SECONDS, steps=steps(OK, (2, WARNING))),
                stat("Rules behind", "Since the rule group that waits longest was evaluated. With this an alert comes late; the goal is below 2 minutes.", 4, [(RULES_BEHIND, "behind")], SECONDS, steps=steps(OK, (60, WARNING), (120, CRITICAL))),
                stat("Certificate", "Days until the certificate of Grafana expires.", 4, [("min(aws_certificatemanager_days_to_expiry_minimum)", "days left")], DAYS, alert="CertificateNotRenewed", decimals=0),
                stat("Backups", "Completed in the last 27 hours.", 4, [("sum(aws_backup_number_of_backup_jobs_completed_sum)", "completed")], NUMBER, steps=steps(CRITICAL, (1, OK))),
            ),
            row(
                "Parts",
                9,
                states("Parts of the stack", "Which answered when.", 12, [(f"max by (job) (up{{{q.STACK}}})", "{{job}}")], UP),
                alerts("Alerts of the stack", "What fires now and belongs to no service. Empty is good.", 12, 'ALERTS{alertstate="firing", alertname!="Watchdog", service=""}'),
            ),
            row(
                "Prometheus",
                9,
                timeseries("Samples", "Stored in a second.", 8, [(f"sum by (instance) (rate(prometheus_tsdb_head_samples_appended_total{{{PROMETHEUS}}}[$__rate_interval]))", "{{instance}}")], "wps"),
                timeseries("Series", "In memory.", 8, [(f"prometheus_tsdb_head_series{{{PROMETHEUS}}}", "{{instance}}")], NUMBER, alert="PrometheusTooManySeries"),
                timeseries("Series by job", "Of the last scrape: who brings them.", 8, [("sum by (job) (scrape_samples_scraped)", "{{job}}")], NUMBER, stacked=True),
            ),
            row(
                None,
                9,
                timeseries("Query time", "One query in a hundred takes longer, by what it waits for.", 8, [(f'max by (slice) (prometheus_engine_query_duration_seconds{{{PROMETHEUS}, quantile="0.99"}} >= 0)', "{{slice}}")], SECONDS, alert="PrometheusQueriesSlow"),
                timeseries("Rule groups", "How long each takes; at its interval of 15 s alerts begin to come late.", 8, [(RULE_TIME, "{{rule_group}}")], SECONDS),
                timeseries("Scrape time", "The slowest target of each job; a scrape is given up after 10 s (the CloudWatch exporter's after a minute).", 8, [("max by (job) (scrape_duration_seconds)", "{{job}}")], SECONDS),
            ),
            row(
                None,
                9,
                timeseries("Memory", "Of each part of the stack.", 8, [(f"max by (job) (process_resident_memory_bytes{{{q.STACK}}})", "{{job}}")], BYTES),
                timeseries("Storage used", "Blocks, write-ahead log and head chunks; the oldest blocks go when the limit is reached.", 8, [(USED, "used"), (f"prometheus_tsdb_retention_limit_bytes{{{PROMETHEUS}}} > 0", "limit")], BYTES),
                timeseries("Failures", "Of Prometheus, in a second: all of them should be zero.", 8, [(f"sum(rate(prometheus_rule_evaluation_failures_total{{{PROMETHEUS}}}[$__rate_interval]))", "rule evaluations"), (f"sum(rate(prometheus_tsdb_compactions_failed_total{{{PROMETHEUS}}}[$__rate_interval]))", "compactions"), (f"sum(rate(prometheus_tsdb_wal_writes_failed_total{{{PROMETHEUS}}}[$__rate_interval]))", "WAL writes"), (f"sum(rate(prometheus_notifications_dropped_total{{{PROMETHEUS}}}[$__rate_interval]))", "notifications dropped")], "cps"),
            ),
            row(
                "Alertmanager and Grafana",
                9,
                timeseries("Notifications", "Sent in a second, by the way they go.", 8, [("sum by (integration) (rate(alertmanager_notifications_total[$__rate_interval])) > 0", "{{integration}}"), ('sum(rate(alertmanager_notifications_total[$__rate_interval]))', "all")], "cps"),
                timeseries("Failed notifications", "In a second: should be zero. Alert AlertmanagerNotificationsFailing; `rounds run alert-storm`.", 8, [("sum(rate(alertmanager_notifications_failed_total[$__rate_interval]))", "failed"), (f"max(prometheus_notifications_queue_length{{{PROMETHEUS}}})", "waiting in Prometheus")], NUMBER),
                timeseries("Grafana's errors", "Server errors in percent of its answers.", 8, [(GRAFANA_ERRORS, "{{job}}")], PERCENT, alert="GrafanaRequestsFailing"),
            ),
            row(
                "CloudWatch exporter",
                9,
                timeseries("Exporter's errors", "1 while requests to CloudWatch fail: CPU and memory of services are missing then.", 8, [("max(cloudwatch_exporter_scrape_error)", "error")], NUMBER, alert="CloudWatchExporterErrors", stepped=True),
                timeseries("Exporter's time", "For one scrape; after a minute it is given up.", 8, [("max(cloudwatch_exporter_scrape_duration_seconds)", "scrape")], SECONDS, alert="CloudWatchExporterSlow"),
                timeseries("CloudWatch requests", "In a second, by what is asked; they are billed.", 8, [("sum by (namespace, action) (rate(cloudwatch_requests_total[$__rate_interval]))", "{{action}} {{namespace}}")], "cps", interval="2m"),
            ),
            row(
                "Storage in AWS",
                9,
                timeseries("EFS size", "Of each file system; there is no limit but the bill. Alert EFSGrowing; `rounds run prometheus-down`.", 8, [('aws_efs_storage_bytes_average{storage_class="Total"}', "{{file_system_id}}")], BYTES),
                timeseries("EFS burst credits", "Below the lines the storage is about to be slow.", 8, [("aws_efs_burst_credit_balance_minimum", "{{file_system_id}}")], BYTES, alert="EFSBurstCreditsLow"),
                timeseries("EFS I/O limit", "How near the file system is to its most file operations.", 8, [("aws_efs_percent_iolimit_maximum", "{{file_system_id}}")], PERCENT, alert="EFSNearIOLimit", high=100),
            ),
        ],
    )
