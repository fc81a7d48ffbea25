//! Which rows, in SQL.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use tokenturn::Timestamp;

use super::{Doubts, SENSE};
use crate::entry::{LONGEST, SLACK, State, UNPROVEN};
use crate::error::StoreError;
use crate::filter::Filter;
use crate::life::NEVER;
use crate::store::{Ready, Run};
use crate::time;

/// What is bound to a placeholder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Value {
    Int(i64),
    Text(Option<String>),
    Bytes(Vec<u8>),
    /// The name of a row.
    Id(String),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl Value {
    pub(crate) fn id(id: &str) -> Self {
        Self::Id(id.to_owned())
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Int(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

/// What the time is, in milliseconds since 1970.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Now {
    /// By the clock of this host.
    #[cfg(feature = "sqlite")]
    At(i64),
    /// By the clock of the database, which this expression reads.
    #[cfg(feature = "postgres")]
    Of(&'static str),
}

#[cfg(feature = "sqlite")]
impl From<i64> for Now {
    fn from(millis: i64) -> Self {
        Self::At(millis)
    }
}

impl Now {
    /// It in a statement that binds nothing.
    pub(crate) fn written(self) -> String {
        match self {
            #[cfg(feature = "sqlite")]
            Self::At(millis) => millis.to_string(),
            #[cfg(feature = "postgres")]
            Self::Of(expression) => expression.to_owned(),
        }
    }

    /// What stands for it in a term, and what is bound to that.
    fn operand(self) -> (&'static str, Option<Value>) {
        match self {
            #[cfg(feature = "sqlite")]
            Self::At(millis) => ("?", Some(Value::Int(millis))),
            #[cfg(feature = "postgres")]
            Self::Of(expression) => (expression, None),
        }
    }
}

/// An expression and what it is about, built from left to right.
#[derive(Clone, Debug, Default)]
pub(crate) struct Condition {
    pub(crate) sql: String,
    pub(crate) values: Vec<Value>,
}

impl Condition {
    /// Adds a term, in which each `?` stands for the next value.
    pub(crate) fn and(&mut self, term: &str, values: impl IntoIterator<Item = Value>) {
        if !self.sql.is_empty() {
            self.sql.push_str(" AND ");
        }
        let mut parts = term.split('?');
        self.sql.push_str(parts.next().unwrap_or_default());
        for (part, value) in parts.zip(values) {
            self.values.push(value);
            let number = self.values.len();
            // A string takes whatever is written.
            let _ = write!(self.sql, "${number}{part}");
        }
    }

    fn and_filter(&mut self, filter: &Filter, now: Now) {
        if let Some(id) = &filter.id {
            self.and("id = ?", [Value::id(id)]);
        }
        let provider = filter.provider.as_ref().map(ToString::to_string);
        let state = filter.state.map(|state| state.as_str().to_owned());
        for (term, value) in [
            ("provider = ?", &provider),
            ("server = ?", &filter.server),
            ("client_id = ?", &filter.client_id),
            ("label = ?", &filter.label),
            ("state = ?", &state),
        ] {
            if let Some(value) = value {
                self.and(term, [Value::from(value.as_str())]);
            }
        }
        if let Some(age) = filter.older_than {
            let (now, bound) = now.operand();
            let values = bound.into_iter().chain([Value::Int(age)]);
            self.and(&format!("changed_at <= {now} - ?"), values);
        }
        if let Some(span) = filter.due_within {
            let (now, bound) = now.operand();
            let values = bound.into_iter().chain([Value::Int(span)]);
            self.and(&format!("refresh_by <= {now} + ?"), values);
        }
        // Written out, so that an index over these alone can be used.
        if filter.due_within.is_some() {
            self.and(&format!("refresh_by < {NEVER}"), []);
        }
        match filter.undelivered {
            Some(true) => self.and("undelivered = 1", []),
            Some(false) => self.and("undelivered = 0", []),
            None => {}
        }
    }
}

/// Refuses a filter by what a vault of an earlier version, which is only read, does not have.
pub(crate) fn check(filter: &Filter, columns: &str) -> Result<(), StoreError> {
    match filter.due_within.is_some() && !columns.contains("refresh_by") {
        true => Err(StoreError::unsupported(
            "an earlier version has written the vault, and has not noted when tokens are to be refreshed; \
             it is read when a command has opened it to write",
        )),
        false => Ok(()),
    }
}

/// The rows that a filter means, at this time.
pub(crate) fn filter(filter: &Filter, now: impl Into<Now>) -> Condition {
    let mut condition = Condition::default();
    condition.and("TRUE", []);
    condition.and_filter(filter, now.into());
    condition
}

/// The names of the rows among them that no run comes to, since their state or run is nonsense, from behind
/// one on. The tables are those of `schema`.
pub(crate) fn out_of_reach(
    schema: &str,
    filter: &Filter,
    after: &str,
    now: impl Into<Now>,
) -> Condition {
    let mut condition = page(filter, Some(after), now);
    let words = State::ALL.map(|state| format!("'{}'", state.as_str()));
    let words = words.join(", ");
    let last = format!(
        "(SELECT COALESCE(max(number), 0) FROM {schema}run WHERE number BETWEEN 0 AND {SENSE})"
    );
    condition.and(&format!("(state NOT IN ({words}) OR run > {last})"), []);
    let terms = &condition.sql;
    condition.sql = format!("SELECT id FROM {schema}token WHERE {terms} ORDER BY id LIMIT 500");
    condition
}

/// The rows among them that are ready, in parts of which each can be found by an index: for a run,
/// the active ones, and those in doubt.
pub(crate) fn ready(
    filter: &Filter,
    ready: Ready,
    doubts: &Doubts,
    now: impl Into<Now>,
) -> Vec<Condition> {
    let now = now.into();
    let mut rows = self::filter(filter, now);
    match ready {
        Ready::Undelivered => {
            rows.and("state = 'active' AND undelivered = 1", []);
            let (over, values) = is_over(["deliver_until", "deliver_span"], now);
            rows.and(&over, values);
            let span = UNPROVEN.to_string();
            let (over, values) = is_over(["deliver_unproven_until", &span], now);
            rows.and(&over, values);
            vec![rows]
        }
        Ready::InDoubt => {
            rows.and("state IN ('rotating', 'unknown')", []);
            let (over, values) = is_over(["until", "span"], now);
            rows.and(&over, values);
            vec![rows]
        }
        Ready::ForRun { number, began_at } => {
            let mut in_doubt = rows.clone();
            in_doubt.and("state IN ('rotating', 'unknown')", []);
            let (over, values) = is_over(["until", "span"], now);
            in_doubt.and(&over, values);
            in_doubt.and("run < ?", [Value::from(number)]);
            rows.and("state = 'active'", []);
            rows.and("run < ?", [Value::from(number)]);
            let (changed, values) = changed_since(began_at, now);
            rows.and(&format!("NOT {changed}"), values);
            match doubts.are_due() {
                true => vec![in_doubt, rows],
                false => vec![rows, in_doubt],
            }
        }
    }
}

/// What comes first among the rows that are ready, where that counts.
pub(crate) fn urgency(filter: &Filter, ready: Ready) -> Option<&'static str> {
    match ready {
        Ready::Undelivered => Some("deliver_until"),
        Ready::ForRun { .. } => filter.due_within.map(|_| "refresh_by"),
        Ready::InDoubt => None,
    }
}

/// The rows that somebody replaces the token of just now.
pub(crate) fn held(now: impl Into<Now>) -> Condition {
    let now = now.into();
    let mut held = Condition::default();
    held.and("state = 'rotating'", []);
    let (over, values) = is_over(["until", "span"], now);
    held.and(&format!("NOT {over}"), values);
    held
}

/// As [`Progress::is_over`](crate::entry::Progress::is_over).
fn is_over([until, span]: [&str; 2], now: Now) -> (String, Vec<Value>) {
    let (operand, bound) = now.operand();
    let least = match now {
        #[cfg(feature = "sqlite")]
        Now::At(_) => "min",
        #[cfg(feature = "postgres")]
        Now::Of(_) => "LEAST",
    };
    let longest = format!("{operand} + {least}({span}, {LONGEST}) + {SLACK}");
    let term = format!("({until} <= {operand} OR {until} > {longest})");
    (term, [bound.clone(), bound].into_iter().flatten().collect())
}

/// As [`Entry::has_changed_since`](crate::Entry), of active rows.
fn changed_since(time: Timestamp, now: Now) -> (String, Vec<Value>) {
    let (operand, bound) = now.operand();
    let term = format!("(changed_at > ? AND changed_at <= {operand})");
    let time = Value::Int(time::to_millis(time));
    (term, [Some(time), bound].into_iter().flatten().collect())
}

/// The rows that a filter means, from behind a name on.
pub(crate) fn page(filter: &Filter, after: Option<&str>, now: impl Into<Now>) -> Condition {
    let mut page = self::filter(filter, now);
    if let Some(after) = after {
        page.and("id > ?", [Value::id(after)]);
    }
    page
}

/// How many rows a fleet run is through with, and how many are left, in one go through the table of
/// `schema`.
pub(crate) fn count_run(
    schema: &str,
    filter: &Filter,
    run: &Run,
    now: impl Into<Now>,
) -> Condition {
    let now = now.into();
    let (changed, changed_values) = changed_since(run.began_at, now);
    let values = || {
        [Value::from(run.number)]
            .into_iter()
            .chain(changed_values.clone())
    };
    let mut count = Condition::default();
    let done = format!("(run >= ? OR state = 'active' AND {changed})");
    count.sql = "SELECT count(*) FILTER (WHERE TRUE".into();
    count.and(&done, values());
    count.sql.push_str("), count(*) FILTER (WHERE TRUE");
    let left = format!(
        "run < ? AND state IN ('active', 'rotating', 'unknown') AND NOT (state = 'active' AND {changed})"
    );
    count.and(&left, values());
    count
        .sql
        .push_str(&format!(") FROM {schema}token WHERE TRUE"));
    count.and_filter(filter, now);
    count
}

/// The events from behind a number on: of one row, or of all.
pub(crate) fn history(id: Option<&str>, after: u64) -> Condition {
    let mut history = Condition::default();
    history.and("number > ?", [Value::from(after)]);
    if let Some(id) = id {
        history.and("id = ?", [Value::id(id)]);
    }
    history
}
