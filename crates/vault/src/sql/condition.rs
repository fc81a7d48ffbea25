//! Which rows, in SQL.

use crate::entry::SLACK;
use crate::filter::Filter;
use crate::store::Ready;

/// What is bound to a placeholder.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Int(i64),
    Text(Option<String>),
    Bytes(Vec<u8>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
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
        let mut values = values.into_iter();
        for c in term.chars() {
            match c {
                '?' => {
                    self.values.extend(values.next());
                    self.sql.push_str(&format!("${}", self.values.len()));
                }
                c => self.sql.push(c),
            }
        }
    }
}

/// The rows that a filter means, at this time.
pub(crate) fn filter(filter: &Filter, now: impl Into<Now>) -> Condition {
    let mut condition = Condition::default();
    condition.and("TRUE", []);
    let provider = filter.provider.map(|provider| provider.as_str().to_owned());
    let state = filter.state.map(|state| state.as_str().to_owned());
    for (term, value) in [
        ("id = ?", &filter.id),
        ("provider = ?", &provider),
        ("server = ?", &filter.server),
        ("client_id = ?", &filter.client_id),
        ("label = ?", &filter.label),
        ("state = ?", &state),
    ] {
        if let Some(value) = value {
            condition.and(term, [Value::from(value.as_str())]);
        }
    }
    if let Some(age) = filter.older_than {
        let (now, bound) = now.into().operand();
        let values = bound.into_iter().chain([Value::Int(age)]);
        condition.and(&format!("changed_at <= {now} - ?"), values);
    }
    if let Some(undelivered) = filter.undelivered {
        condition.and("undelivered = ?", [Value::Int(undelivered.into())]);
    }
    condition
}

/// The rows among them that are ready, in two parts: those in doubt, and the active ones. Each part
/// can be found by an index over state and run.
pub(crate) fn ready(filter: &Filter, ready: Ready, now: impl Into<Now>) -> Vec<Condition> {
    let now = now.into();
    let of_run = |condition: &mut Condition| {
        if let Ready::ForRun(run) = ready {
            condition.and("run < ?", [Value::from(run)]);
        }
    };
    let mut in_doubt = self::filter(filter, now);
    in_doubt.and("state IN ('rotating', 'unknown')", []);
    let (operand, bound) = now.operand();
    in_doubt.and(
        &format!("(until <= {operand} OR until - {operand} > span + {SLACK})"),
        [bound.clone(), bound].into_iter().flatten(),
    );
    of_run(&mut in_doubt);
    if ready == Ready::InDoubt {
        return vec![in_doubt];
    }
    let mut active = self::filter(filter, now);
    active.and("state = 'active'", []);
    of_run(&mut active);
    vec![in_doubt, active]
}

/// The rows that somebody replaces the token of just now.
pub(crate) fn held(now: impl Into<Now>) -> Condition {
    let mut held = Condition::default();
    held.and("state = 'rotating'", []);
    let (operand, bound) = now.into().operand();
    held.and(
        &format!("NOT (until <= {operand} OR until - {operand} > span + {SLACK})"),
        [bound.clone(), bound].into_iter().flatten(),
    );
    held
}

/// The rows that a filter means, from behind a name on.
pub(crate) fn page(filter: &Filter, after: Option<&str>, now: impl Into<Now>) -> Condition {
    let mut page = self::filter(filter, now);
    if let Some(after) = after {
        page.and("id > ?", [Value::from(after)]);
    }
    page
}

/// The rows that a fleet run is through with, and those that are left.
pub(crate) fn of_run(filter: &Filter, run: u64, now: impl Into<Now>) -> (Condition, Condition) {
    let filter = self::filter(filter, now);
    let (mut done, mut left) = (filter.clone(), filter);
    done.and("run >= ?", [Value::from(run)]);
    left.and("run < ?", [Value::from(run)]);
    left.and("state IN ('active', 'rotating', 'unknown')", []);
    (done, left)
}

/// The events from behind a number on: of one row, or of all.
pub(crate) fn history(id: Option<&str>, after: u64) -> Condition {
    let mut history = Condition::default();
    history.and("number > ?", [Value::from(after)]);
    if let Some(id) = id {
        history.and("id = ?", [Value::from(id)]);
    }
    history
}
