//! A place for a vault, on both engines.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokenturn_tests::postgres::Cluster;

use super::{LONGEST, run, succeed, tokenturn};

/// A folder that the program runs in, and a database, if the vault is to be in that.
pub(crate) struct Place {
    pub(crate) folder: TempDir,
    pub(crate) database: Option<(&'static Cluster, String)>,
}

impl Place {
    /// One in a file, and one in PostgreSQL where that is installed.
    pub(crate) fn both() -> Vec<Self> {
        let cluster = Cluster::shared();
        let databases = cluster.map(|cluster| Some((cluster, cluster.new_database())));
        let places = [None].into_iter().chain(databases);
        let place = |database| Self {
            folder: TempDir::new().unwrap(),
            database,
        };
        places.map(place).collect()
    }

    /// With a vault that has these rows.
    pub(crate) fn both_with(rows: &[Value]) -> Vec<Self> {
        let places = Self::both();
        for place in &places {
            place.import(rows);
        }
        places
    }

    pub(crate) fn import(&self, rows: &[Value]) {
        let lines: Vec<_> = rows.iter().map(Value::to_string).collect();
        let import = ["vault", "import", "--init", "-", "--format", "jsonl"];
        succeed(self.command(&import), &lines.join("\n"));
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = tokenturn(self.path(), arguments);
        if let Some((_, url)) = &self.database {
            command.env("TOKENTURN_VAULT", url);
        }
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        run(self.command(arguments), "")
    }

    pub(crate) fn succeed(&self, arguments: &[&str]) -> String {
        succeed(self.command(arguments), "")
    }

    /// Does by hand what the program does not offer.
    pub(crate) fn sql(&self, statements: &str) {
        match &self.database {
            Some((cluster, url)) => {
                cluster.sql(url, &format!("SET search_path = tokenturn; {statements}"));
            }
            None => {
                let file = self.path().join("tokenturn.db");
                let connection = rusqlite::Connection::open(file).unwrap();
                connection.busy_timeout(LONGEST).unwrap();
                connection.execute_batch(statements).unwrap();
            }
        }
    }

    pub(crate) fn names(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.path()).unwrap();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    }
}

/// A row for import whose token has its name in it.
pub(crate) fn row(id: &str) -> Value {
    json!({ "id": id, "token": format!("gho_{id}"), "client_id": "Iv1.app" })
}
