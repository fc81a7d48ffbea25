//! The rows of `matrix.txt`.

/// One fault, and what has to come of it.
pub(crate) struct Row {
    pub(crate) fault: &'static str,
    /// Whether the provider replaces the token all the same.
    pub(crate) made: bool,
    /// What the server does, in words.
    pub(crate) server: &'static str,
    /// What each column of operations comes to.
    pub(crate) outcomes: [&'static str; 3],
    /// How many requests the server reads.
    pub(crate) sent: usize,
}

/// All rows.
pub(crate) fn rows() -> Vec<Row> {
    let lines = include_str!("matrix.txt").lines();
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .skip(1)
        .map(row)
        .collect()
}

fn row(line: &'static str) -> Row {
    let cells: Vec<&str> = line.split('|').map(str::trim).collect();
    let [fault, made, server, reset, login, ohmygpt, sent] = cells[..] else {
        panic!("a row has seven cells: {line}");
    };
    Row {
        fault,
        made: match made {
            "yes" => true,
            "no" => false,
            _ => panic!("made is yes or no: {line}"),
        },
        server,
        outcomes: [reset, login, ohmygpt],
        sent: sent.parse().expect("sent is a number"),
    }
}
