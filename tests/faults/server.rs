//! The words of the column `server`.

use tokenturn_tests::{Reply, Then};

use crate::answer::Answer;
use crate::operation::Operation;
use crate::proxy::{CONNECTED, Tunnel};

/// Where the call goes.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Place {
    Nobody,
    NoHost,
    ClosesUnread,
    Plain,
    Tls {
        host: &'static str,
        expired: bool,
        trusted: bool,
    },
    /// TLS through a proxy.
    Tunnel(Tunnel),
    /// Through a proxy that reads everything, and answers itself.
    PlainProxy,
}

/// What the connection has been through before the call.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Pool {
    Fresh,
    /// It was used, and the server has closed it.
    Stale,
    /// It was used, and is open.
    Used,
    /// It was used, and an answer that nobody asked for lies on it.
    Used408,
}

/// One case of a row.
pub(crate) struct Case {
    pub(crate) place: Place,
    pub(crate) pool: Pool,
    pub(crate) reply: Reply,
    /// The part of the body's text that arrives.
    pub(crate) text: Vec<u8>,
    /// Whether the client has to run into its timeout.
    pub(crate) is_slow: bool,
}

impl Case {
    fn at(place: Place) -> Self {
        Self {
            place,
            pool: Pool::Fresh,
            reply: Vec::new().into(),
            text: Vec::new(),
            is_slow: false,
        }
    }
}

/// All cases of a row; `elsewhere` is where redirects lead.
pub(crate) fn cases(words: &str, operation: Operation, elsewhere: &str) -> Vec<Case> {
    let (words, literal) = match words.split_once(" :: ") {
        Some((words, literal)) => (words, Some(literal)),
        None => (words, None),
    };
    let mut answer = Answer::new(operation, literal);
    let mut case = Case::at(Place::Plain);
    let tls = |host, expired, trusted| Place::Tls {
        host,
        expired,
        trusted,
    };
    for word in words.split_whitespace() {
        match word {
            "nobody-listens" => case.place = Place::Nobody,
            "no-such-host" => case.place = Place::NoHost,
            "close-unread" => case.place = Place::ClosesUnread,
            "tls" => case.place = tls("127.0.0.1", false, true),
            "tls-untrusted" => case.place = tls("127.0.0.1", false, false),
            "tls-wrong-host" => case.place = tls("192.0.2.1", false, true),
            "tls-expired" => case.place = tls("127.0.0.1", true, true),
            "plain-proxy" => case.place = Place::PlainProxy,
            "tunnel" => case.place = Place::Tunnel(Tunnel::Whole),
            "tunnel-anonymous" => case.place = Place::Tunnel(Tunnel::Anonymous),
            "tunnel-cut" => {
                let cut = |at| Case::at(Place::Tunnel(Tunnel::Answer(at)));
                return (0..CONNECTED.len()).map(cut).collect();
            }
            "stale" => case.pool = Pool::Stale,
            "stale-race" => case.pool = Pool::Used,
            "stale-408" => case.pool = Pool::Used408,
            "close" => answer.status = None,
            "stall" => {
                case.is_slow = true;
                answer.status = None;
            }
            "raw" => {
                case.reply.bytes = literal.expect("raw bytes").into();
                answer.status = None;
            }
            "not-a-header" => answer.lines.push("this is no header\r\n".into()),
            "space-in-header" => answer.lines.push("x-a : b\r\n".into()),
            "folded-header" => answer.lines.push("x-a: b\r\n  c\r\n".into()),
            "many-headers" => answer
                .lines
                .extend((0..200).map(|n| format!("x-{n}: {n}\r\n"))),
            "elsewhere" => answer
                .headers
                .push(("location".into(), format!("{elsewhere}/"))),
            word => match tunnel(word) {
                Some(tunnel) => case.place = Place::Tunnel(tunnel),
                None => answer.take(word),
            },
        }
    }
    if answer.status.is_none() {
        if case.is_slow {
            case.reply.then = Then::Hold;
        }
        return vec![case];
    }
    let deliveries = answer.deliveries();
    deliveries
        .into_iter()
        .map(|(reply, text)| Case {
            is_slow: matches!(reply.then, Then::Hold),
            reply,
            text: match case.place {
                // Of a record that is cut, TLS shows nothing. The last one only says that it is the last.
                Place::Tunnel(Tunnel::Rest(missing)) if missing > 24 => Vec::new(),
                _ => text,
            },
            ..case
        })
        .collect()
}

fn tunnel(word: &str) -> Option<Tunnel> {
    let (word, number) = word.strip_prefix("tunnel-")?.split_once(':')?;
    let number = number.parse().expect("a number");
    Some(match word {
        "refused" => Tunnel::Refused(number as u16),
        "handshake" => Tunnel::Handshake(number),
        "rest" => Tunnel::Rest(number),
        _ => panic!("no such word: {word}"),
    })
}
