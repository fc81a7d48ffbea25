//! Vaults as earlier versions made them.

use crate::vault::place::Place;

/// Takes an empty vault back to this version.
pub(crate) fn make(place: &Place, version: u32) {
    let new = [
        "deliver",
        "deliver_fence",
        "deliver_until",
        "deliver_span",
        "deliver_attempts",
        "deliver_error",
        "deliver_unproven_until",
    ];
    let mut sql = "DROP INDEX token_undelivered;".to_owned();
    for column in new {
        sql.push_str(&format!("ALTER TABLE token DROP COLUMN {column};"));
    }
    sql.push_str("CREATE INDEX token_undelivered ON token (id) WHERE undelivered = 1;");
    if version < 2 {
        sql.push_str("DROP INDEX event_by_new;");
    }
    sql.push_str(&match place {
        Place::Sqlite(_) => {
            format!("PRAGMA application_id = 0; PRAGMA user_version = {version}")
        }
        _ => format!("UPDATE version SET number = {version}"),
    });
    place.sql(&sql);
}
