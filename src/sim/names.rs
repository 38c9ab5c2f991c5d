//! Names for the services of a large fleet: plausible, unique, the same for everybody.

const SUBJECTS: [&str; 64] = [
    "payments",
    "search",
    "orders",
    "billing",
    "catalog",
    "cart",
    "checkout",
    "inventory",
    "shipping",
    "pricing",
    "ledger",
    "invoices",
    "accounts",
    "auth",
    "sessions",
    "profiles",
    "reviews",
    "ratings",
    "coupons",
    "loyalty",
    "notifications",
    "mailer",
    "sms",
    "push",
    "webhooks",
    "feeds",
    "media",
    "images",
    "video",
    "thumbnails",
    "uploads",
    "exports",
    "reports",
    "analytics",
    "events",
    "audit",
    "fraud",
    "risk",
    "kyc",
    "tax",
    "fx",
    "quotes",
    "subscriptions",
    "entitlements",
    "flags",
    "experiments",
    "recommendations",
    "geo",
    "maps",
    "routing",
    "dispatch",
    "drivers",
    "vehicles",
    "partners",
    "merchants",
    "returns",
    "support",
    "chat",
    "presence",
    "calendar",
    "scheduler",
    "warehouse",
    "forecast",
    "documents",
];

/// What such a service does, and whether it serves requests.
const TRADES: [(&str, bool); 16] = [
    ("api", true),
    ("indexer", false),
    ("gateway", true),
    ("worker", false),
    ("edge", true),
    ("admin", true),
    ("consumer", false),
    ("query", true),
    ("sync", false),
    ("cache", true),
    ("bff", true),
    ("stream", false),
    ("proxy", true),
    ("cron", false),
    ("rules", true),
    ("store", true),
];

/// The name of the `index`th further service, and whether it serves requests. No two indices share a name.
pub fn further(index: usize) -> (String, bool) {
    let names = SUBJECTS.len() * TRADES.len();
    // Walks the grid of subjects and trades diagonally, so that neighbours share neither.
    let (round, place) = (index / names, index % names);
    let subject = SUBJECTS[place % SUBJECTS.len()];
    let (trade, http) = TRADES[(place / SUBJECTS.len() + place) % TRADES.len()];
    let name = if round == 0 { format!("{subject}-{trade}") } else { format!("{subject}-{trade}-{}", round + 1) };
    (name, http)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn five_thousand_names_are_unique_and_fit_ecs() {
        let names: HashSet<String> = (0..5_000).map(|index| further(index).0).collect();
        assert_eq!(names.len(), 5_000);
        assert!(
            names.iter().all(|name| name.len() <= 32 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
        );
        assert_eq!(further(0).0, "payments-api");
        assert_eq!(further(1).0, "search-indexer");
    }
}
