//! All that is in a vault, out of it and into another one.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use tempfile::Builder;

use super::open::{Opened, beside};
use super::statement::{execute, insertion};
use super::store_error;
use crate::error::StoreError;
use crate::sql::{Dump, Table};
use crate::vault::Copied;

/// Reads all of it as it is at one moment, whoever writes meanwhile.
pub(super) fn dump(opened: &Opened) -> Result<Dump, StoreError> {
    let transaction = opened.connection.unchecked_transaction();
    let _unchanged = transaction.map_err(store_error)?;
    let probe = opened.check_key()?;
    let mut dumping = Dump::begin();
    for table in Table::ALL {
        let sql = table.select("", opened.columns);
        let mut statement = opened.connection.prepare(&sql).map_err(store_error)?;
        let mut rows = statement.query([]).map_err(store_error)?;
        while let Some(row) = rows.next().map_err(store_error)? {
            dumping.add(table, row)?;
        }
    }
    dumping.finish(&opened.sealer, probe)
}

/// Puts all of it into a vault that has nothing, within a transaction.
pub(super) fn load(opened: &Opened, dump: &mut Dump) -> Result<Copied, StoreError> {
    for table in Table::ALL {
        let sql = format!("SELECT EXISTS (SELECT 1 FROM {})", table.name());
        let found = opened.connection.query_row(&sql, [], |row| row.get(0));
        if found.map_err(store_error)? {
            return Err(StoreError::not_empty());
        }
    }
    let sealer = Arc::clone(&opened.sealer);
    write(opened, dump, Some(&sealer))
}

fn write(
    opened: &Opened,
    dump: &mut Dump,
    seal: Option<&crate::seal::Sealer>,
) -> Result<Copied, StoreError> {
    // A second time it does it again.
    dump.rewind()?;
    let mut copied = Copied::default();
    let statements = Table::ALL.map(|table| (table, insert(table)));
    while let Some((table, values)) = dump.next(seal, &mut copied)? {
        let found = statements.iter().find(|(of, _)| *of == table);
        let Some((_, sql)) = found else { continue };
        execute(opened, sql, &values)?;
    }
    Ok(copied)
}

fn insert(table: Table) -> String {
    let columns = table.columns();
    match table {
        Table::Run => {
            let values = columns.split(", ").zip(1..);
            let values = values.map(|(name, number)| Table::put(name, &format!("${number}")));
            let values = values.collect::<Vec<_>>().join(", ");
            format!("INSERT INTO run ({columns}) VALUES ({values})")
        }
        table => insertion(table.name(), columns),
    }
}

/// Makes a vault of it, with the same key and what cannot be read as it is. It has its name when it
/// is whole and on the disk.
pub(crate) fn backup(mut dump: Dump, path: &Path) -> Result<Copied, StoreError> {
    let cannot = |error| StoreError::other(format!("cannot write {}", path.display()), error);
    // A log that is beside it would be taken for its own.
    for taken in [path.to_owned(), beside(path, "-wal")] {
        if taken.symlink_metadata().is_ok() {
            return Err(StoreError::taken_file(&taken));
        }
    }
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    // It has mode 0600 from the beginning.
    let file = Builder::new().prefix(".tokenturn-").tempfile_in(folder);
    let file = file.map_err(cannot)?;
    let sealer = Arc::new(dump.sealer.another());
    let opened = Opened::to_write(file.path(), &sealer, true)?;
    // All of it is in the one file.
    let connection = &opened.connection;
    let mode = connection.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()));
    mode.map_err(store_error)?;
    opened.begin()?;
    let copied = write(&opened, &mut dump, None)?;
    let probe = connection.execute("UPDATE vault SET probe = $1", [&dump.probe]);
    probe.map_err(store_error)?;
    opened.commit()?;
    let closed = opened.connection.close();
    closed.map_err(|(_, error)| store_error(error))?;
    file.as_file().sync_all().map_err(cannot)?;
    let named = file.persist_noclobber(path);
    named.map_err(|error| cannot(error.error))?;
    if cfg!(unix) {
        // A name is durable when its folder is.
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        synced.map_err(cannot)?;
    }
    Ok(copied)
}
