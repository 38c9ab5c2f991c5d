//! Names as Route 53 has them.

/// One hosted zone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Zone {
    /// Its id (`Z0123`).
    pub id: String,
    /// Its name, without the last dot.
    pub name: String,
    /// Whether it is answered inside its networks only.
    pub private: bool,
}

/// One record set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// Its name, without the last dot; a wildcard begins with `*.`.
    pub name: String,
    /// `A`, `AAAA`, `CNAME` ...
    pub kind: String,
    /// What it leads to: addresses or a name.
    pub values: Vec<String>,
    /// What it is an alias for, without the last dot.
    pub alias: Option<String>,
    /// Weight, region, failover role or another way of choosing among several, where it has one.
    pub policy: Option<String>,
    /// For how many seconds others keep it, where it is no alias.
    pub ttl: Option<u32>,
}
