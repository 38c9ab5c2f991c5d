//! The price table: what one unit of each item costs, by region, with the day it was looked up.

use std::collections::BTreeMap;
use std::path::Path;

use crate::domain::Money;
use crate::format::sanitise;
use crate::located::{Draft, Parsed, Problem, Refused, Text, did_you_mean, kind, listed, parse, read};

use toml::Spanned;
use toml::de::DeValue;

/// The table the program is shipped with.
const SHIPPED: &str = include_str!("../../provision/prices.toml");

/// The regions of the shipped table.
pub const REGIONS: [&str; 2] = ["us-east-1", "ap-northeast-2"];

/// Something that has a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Item {
    /// A vCPU of an x86 Fargate task, for an hour.
    FargateVcpuHour,
    /// A GB of memory of an x86 Fargate task, for an hour.
    FargateGbHour,
    /// A vCPU of an ARM Fargate task, for an hour.
    FargateArmVcpuHour,
    /// A GB of memory of an ARM Fargate task, for an hour.
    FargateArmGbHour,
    /// An application load balancer, for an hour.
    LoadBalancerHour,
    /// A load balancer capacity unit, for an hour.
    LcuHour,
    /// A GB in EFS Standard, for a month.
    EfsGbMonth,
    /// A GB of an EFS backup, warm, for a month.
    EfsBackupGbMonth,
    /// A GB of log taken in.
    LogsIngestGb,
    /// A GB of log kept, for a month.
    LogsStoreGbMonth,
    /// A thousand metrics asked of CloudWatch.
    MetricRequestsThousand,
    /// A custom metric, for a month.
    MetricMonth,
    /// An alarm, for a month.
    AlarmMonth,
    /// A CloudWatch dashboard beyond the free ones, for a month.
    DashboardMonth,
    /// A GB sent to the internet.
    TransferOutGb,
    /// A NAT gateway, for an hour.
    NatHour,
    /// A GB through a NAT gateway.
    NatGb,
    /// A public IPv4 address, for an hour.
    PublicIpv4Hour,
    /// An interface endpoint in one zone, for an hour.
    EndpointHour,
    /// A secret, for a month.
    SecretMonth,
    /// A hosted zone, for a month.
    HostedZoneMonth,
    /// A customer managed key, for a month.
    KmsKeyMonth,
    /// A million samples taken in by Amazon Managed Prometheus.
    AmpSamplesMillion,
}

impl Item {
    /// Every item with its name in price tables.
    pub const TABLE: [(Self, &'static str); 23] = [
        (Self::FargateVcpuHour, "fargate_vcpu_hour"),
        (Self::FargateGbHour, "fargate_gb_hour"),
        (Self::FargateArmVcpuHour, "fargate_arm_vcpu_hour"),
        (Self::FargateArmGbHour, "fargate_arm_gb_hour"),
        (Self::LoadBalancerHour, "load_balancer_hour"),
        (Self::LcuHour, "lcu_hour"),
        (Self::EfsGbMonth, "efs_gb_month"),
        (Self::EfsBackupGbMonth, "efs_backup_gb_month"),
        (Self::LogsIngestGb, "logs_ingest_gb"),
        (Self::LogsStoreGbMonth, "logs_store_gb_month"),
        (Self::MetricRequestsThousand, "metric_requests_thousand"),
        (Self::MetricMonth, "metric_month"),
        (Self::AlarmMonth, "alarm_month"),
        (Self::DashboardMonth, "dashboard_month"),
        (Self::TransferOutGb, "transfer_out_gb"),
        (Self::NatHour, "nat_hour"),
        (Self::NatGb, "nat_gb"),
        (Self::PublicIpv4Hour, "public_ipv4_hour"),
        (Self::EndpointHour, "endpoint_hour"),
        (Self::SecretMonth, "secret_month"),
        (Self::HostedZoneMonth, "hosted_zone_month"),
        (Self::KmsKeyMonth, "kms_key_month"),
        (Self::AmpSamplesMillion, "amp_samples_million"),
    ];

    /// The name in price tables.
    pub fn name(self) -> &'static str {
        Self::TABLE.iter().find(|(item, _)| *item == self).map_or("", |(_, name)| name)
    }
}

/// The prices of every region there are.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    regions: BTreeMap<String, Prices>,
}

/// The prices of one region.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Prices {
    /// The region.
    pub region: String,
    /// The day they were looked up; two, where a table of the user's own goes before the shipped one.
    pub as_of: String,
    rows: BTreeMap<Item, Row>,
}

#[derive(Debug, Clone, PartialEq)]
struct Row {
    price: Money,
    /// The price as it is written in the table, for the arithmetic.
    written: String,
    is_verified: bool,
    /// The day of the table that put it before the shipped one.
    own: Option<String>,
}

impl Prices {
    /// What one unit costs, and the price as it is written.
    ///
    /// # Errors
    /// When the table has no such row: a bill must not leave out what it cannot price.
    pub fn of(&self, item: Item) -> Result<(Money, &str), String> {
        self.rows.get(&item).map(|row| (row.price, row.written.as_str())).ok_or_else(|| {
            format!(
                "no price of {} in {}: add `{}` under [{}] of a price table and give it to --prices",
                item.name(),
                self.region,
                item.name(),
                self.region
            )
        })
    }

    /// The day of a price of the user's own that goes before the shipped one.
    pub fn own_day(&self, item: Item) -> Option<&str> {
        self.rows.get(&item)?.own.as_deref()
    }

    /// Whether somebody looked the price up.
    pub fn is_verified(&self, item: Item) -> bool {
        self.rows.get(&item).is_some_and(|row| row.is_verified)
    }
}

impl Table {
    /// The table the program is shipped with.
    pub fn shipped() -> Self {
        Self::parse("provision/prices.toml", SHIPPED).unwrap_or_default()
    }

    /// Reads a table from a file.
    ///
    /// # Errors
    /// What keeps the file from being read, and everything that is wrong with it.
    pub fn load(file: &Path) -> Result<Self, Refused> {
        let missing = || Problem::new(format!("there is no file {}", file.display()), "check the path");
        let source = read(file)?.ok_or_else(missing)?;
        Self::parse(&file.display().to_string(), &source)
    }

    /// Reads a table.
    ///
    /// # Errors
    /// Everything that is wrong with it, with file, line and column.
    pub fn parse(name: &str, source: &str) -> Result<Self, Refused> {
        let (text, parsed) = parse(name, source);
        let mut reader = Reader { text: &text, problems: Vec::new() };
        let table = reader.table(&parsed);
        if reader.problems.is_empty() { Ok(table) } else { Err(Refused { problems: reader.problems }) }
    }

    /// This table with another one before it, row by row.
    #[must_use]
    pub fn under(mut self, above: Self) -> Self {
        for (region, prices) in above.regions {
            match self.regions.get_mut(&region) {
                Some(below) => {
                    below.as_of = format!("{} over {}", prices.as_of, below.as_of);
                    let day = prices.as_of;
                    below.rows.extend(prices.rows.into_iter().map(|(item, row)| {
                        let own = Some(day.clone());
                        (item, Row { own, ..row })
                    }));
                }
                None => {
                    self.regions.insert(region, prices);
                }
            }
        }
        self
    }

    /// The regions there are prices of.
    pub fn regions(&self) -> impl Iterator<Item = &str> {
        self.regions.keys().map(String::as_str)
    }

    /// The prices of a region.
    ///
    /// # Errors
    /// The regions there are.
    pub fn region(&self, region: &str) -> Result<&Prices, String> {
        self.regions.get(region).ok_or_else(|| {
            format!(
                "no prices of region {}: there are {}; a table of your own goes to --prices",
                sanitise(region),
                listed(self.regions.keys().map(String::as_str))
            )
        })
    }
}

struct Reader<'a> {
    text: &'a Text,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn refuse(&mut self, draft: &Draft) {
        self.problems.push(self.text.problem(draft));
    }

    fn table(&mut self, parsed: &Parsed<'_>) -> Table {
        for error in &parsed.errors {
            self.refuse(error);
        }
        let mut regions = BTreeMap::new();
        for (region, value) in parsed.tree.get_ref() {
            let name = region.get_ref().to_string();
            match value.get_ref() {
                DeValue::Table(rows) => {
                    let prices = self.region(&name, rows, &region.span());
                    regions.insert(name, prices);
                }
                other => {
                    let what = format!("expected a table of prices, found {}", kind(other));
                    self.refuse(&Draft::new(&value.span(), &what).hint("write the region as a heading: [us-east-1]"));
                }
            }
        }
        Table { regions }
    }

    fn region(&mut self, region: &str, entries: &toml::de::DeTable<'_>, at: &std::ops::Range<usize>) -> Prices {
        let mut prices = Prices { region: sanitise(region).into_owned(), ..Prices::default() };
        let mut unverified: Vec<Item> = Vec::new();
        for (key, value) in entries {
            match key.get_ref().as_ref() {
                "as_of" => match value.get_ref().as_str().filter(|day| day.parse::<jiff::civil::Date>().is_ok()) {
                    Some(day) => day.clone_into(&mut prices.as_of),
                    None => {
                        self.refuse(&Draft::new(&value.span(), "this is no day").hint("write it as \"2026-10-05\""));
                    }
                },
                "unverified" => {
                    for name in value.get_ref().as_array().into_iter().flatten() {
                        if let Some(item) = name.get_ref().as_str().and_then(|text| self.item(text, &name.span())) {
                            unverified.push(item);
                        }
                    }
                }
                name => {
                    if let (Some(item), Some((price, written))) = (self.item(name, &key.span()), self.price(value)) {
                        prices.rows.insert(item, Row { price, written, is_verified: true, own: None });
                    }
                }
            }
        }
        if prices.as_of.is_empty() {
            let draft = Draft::new(at, "a price table without its day").hint("add as_of = \"YYYY-MM-DD\"");
            self.refuse(&draft);
        }
        for item in unverified {
            if let Some(row) = prices.rows.get_mut(&item) {
                row.is_verified = false;
            }
        }
        prices
    }

    fn item(&mut self, name: &str, at: &std::ops::Range<usize>) -> Option<Item> {
        let found = Item::TABLE.iter().find(|(_, known)| *known == name).map(|(item, _)| *item);
        if found.is_none() {
            let hint = did_you_mean(name, Item::TABLE.iter().map(|(_, known)| *known));
            let what = format!("nothing with a price is called `{name}`");
            let mut draft = Draft::new(at, &what);
            if let Some(hint) = hint {
                draft = draft.hint(hint);
            }
            self.refuse(&draft);
        }
        found
    }

    fn price(&mut self, value: &Spanned<DeValue<'_>>) -> Option<(Money, String)> {
        let written = match value.get_ref() {
            DeValue::Float(number) => number.as_str().to_owned(),
            DeValue::Integer(number) => number.as_str().to_owned(),
            other => {
                let what = format!("expected a price in dollars, found {}", kind(other));
                self.refuse(&Draft::new(&value.span(), &what).hint("write it as a number: 0.04048"));
                return None;
            }
        };
        match written.parse::<f64>() {
            Ok(dollars) if dollars.is_finite() && (0.0..1.0e6).contains(&dollars) => {
                Some((Money::dollars(dollars), written))
            }
            _ => {
                self.refuse(&Draft::new(&value.span(), "a price is a number from 0 up"));
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_table_prices_every_item_in_every_region() {
        let table = Table::shipped();
        for region in REGIONS {
            let prices = table.region(region).unwrap();
            for (item, name) in Item::TABLE {
                assert!(prices.of(item).is_ok(), "{region} has no {name}");
            }
        }
    }

    #[test]
    fn a_table_of_ones_own_goes_before_the_shipped_one_row_by_row() {
        let own = "[us-east-1]\nas_of = \"2026-11-01\"\nlcu_hour = 0.01\n[eu-west-1]\nas_of = \"2026-11-01\"\n";
        let table = Table::shipped().under(Table::parse("own.toml", own).unwrap());
        let prices = table.region("us-east-1").unwrap();
        assert_eq!(prices.of(Item::LcuHour).unwrap(), (Money::dollars(0.01), "0.01"));
        assert_eq!(prices.of(Item::LoadBalancerHour).unwrap().1, "0.0225");
        assert_eq!(prices.as_of, "2026-11-01 over 2026-08-21");
        assert_eq!(prices.own_day(Item::LcuHour), Some("2026-11-01"));
        assert_eq!(prices.own_day(Item::LoadBalancerHour), None);
        assert!(table.region("eu-west-1").unwrap().of(Item::LcuHour).unwrap_err().contains("under [eu-west-1]"));
        assert!(table.region("mars-1").unwrap_err().contains("there are ap-northeast-2, eu-west-1 and us-east-1"));
    }

    #[test]
    fn everything_wrong_is_told_with_its_place() {
        let source = "[us-east-1]\nlcu_hours = 1\nlcu_hour = \"a\"\nmetric_month = -1\n[x]\nas_of = \"soon\"\n";
        let refused = Table::parse("own.toml", source).unwrap_err();
        let mut said: Vec<String> = refused.problems.iter().map(Problem::brief).collect();
        said.sort();
        assert_eq!(
            said,
            [
                "own.toml:1:2: a price table without its day; add as_of = \"YYYY-MM-DD\"",
                "own.toml:2:1: nothing with a price is called `lcu_hours`; did you mean `lcu_hour`?",
                "own.toml:3:12: expected a price in dollars, found a text; write it as a number: 0.04048",
                "own.toml:4:16: a price is a number from 0 up",
                "own.toml:5:2: a price table without its day; add as_of = \"YYYY-MM-DD\"",
                "own.toml:6:9: this is no day; write it as \"2026-10-05\"",
            ]
        );
    }
}
