//! The eleven tables and their names in a deployment; below configuration and store, which both need them.

/// One of the eleven tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the names say it; keys are in `store/tables.rs`
pub enum Table {
    Users,
    Applications,
    AiResults,
    KycResults,
    PolicyRecommendations,
    KafkaEvents,
    AuditLogs,
    ErrorLogs,
    WebsocketConnections,
    Cases,
    Staff,
}

impl Table {
    /// All tables.
    pub const ALL: [Self; 11] = [
        Self::Users,
        Self::Applications,
        Self::AiResults,
        Self::KycResults,
        Self::PolicyRecommendations,
        Self::KafkaEvents,
        Self::AuditLogs,
        Self::ErrorLogs,
        Self::WebsocketConnections,
        Self::Cases,
        Self::Staff,
    ];

    /// Its name without the environment's suffix.
    pub const fn base_name(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Applications => "applications",
            Self::AiResults => "ai-results",
            Self::KycResults => "kyc-results",
            Self::PolicyRecommendations => "policy-recommendations",
            Self::KafkaEvents => "kafka-events",
            Self::AuditLogs => "audit-logs",
            Self::ErrorLogs => "error-logs",
            Self::WebsocketConnections => "websocket-connections",
            Self::Cases => "cases",
            Self::Staff => "staff",
        }
    }
}

/// The names that the tables have in this deployment.
#[derive(Clone, Debug)]
pub struct TableNames {
    names: [String; Table::ALL.len()],
}

impl TableNames {
    /// `{table}-{environment}`, or the name in `overrides` where that is not empty.
    pub fn new(environment: &str, overrides: &[(Table, &str)]) -> Self {
        let names = Table::ALL.map(|table| {
            match overrides.iter().find(|(overridden, name)| *overridden == table && !name.is_empty()) {
                Some((_, name)) => (*name).to_owned(),
                None => format!("{}-{environment}", table.base_name()),
            }
        });
        Self { names }
    }

    /// The name of `table`.
    pub fn name(&self, table: Table) -> &str {
        &self.names[table as usize]
    }
}
