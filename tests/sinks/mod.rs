//! The sinks that come with the crate.

#[cfg(unix)]
mod links;
#[cfg(target_os = "linux")]
mod mounts;
#[cfg(unix)]
mod owners;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tempfile::TempDir;
use tokenturn::sink::{FileSink, MemorySink, from_fn};
use tokenturn::{Rotated, Secret, Sink};

fn new(token: &str) -> Rotated<()> {
    Rotated::new(token)
}

async fn save(path: &Path, token: &str) {
    let mut sink = FileSink::new(path);
    Sink::<()>::prepare(&mut sink).await.unwrap();
    sink.save(&new(token)).await.unwrap();
}

/// What `prepare` says about a path.
async fn refusal(path: &Path) -> String {
    let mut sink = FileSink::new(path);
    let error = Sink::<()>::prepare(&mut sink).await.unwrap_err();
    error.to_string()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.collect()
}

#[tokio::test]
async fn a_file_holds_the_token_and_a_line_break() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("token.txt");
    save(&path, "first-token-which-is-longer").await;
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        "first-token-which-is-longer\n"
    );
    save(&path, "second").await;
    assert_eq!(fs::read_to_string(&path).unwrap(), "second\n");
    let long = "x".repeat(10_000);
    save(&path, &long).await;
    assert_eq!(fs::read_to_string(&path).unwrap(), long + "\n");
    assert_eq!(names(folder.path()), ["token.txt"]);
}

#[tokio::test]
async fn a_refresh_token_is_saved_in_one_line_with_the_token() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("token.json");
    let mut rotated = new("ghu_a\"b");
    rotated.refresh_token = Some("ghr_a".into());
    for (expires_at, refresh_token_expires_at, times) in [
        (None, None, ["", ""]),
        (
            Some("2026-11-22T18:00:00Z".parse().unwrap()),
            Some("2027-05-25T10:00:00Z".parse().unwrap()),
            [
                r#","expires_at":"2026-11-22T18:00:00Z""#,
                r#","refresh_token_expires_at":"2027-05-25T10:00:00Z""#,
            ],
        ),
    ] {
        rotated.expires_at = expires_at;
        rotated.refresh_token_expires_at = refresh_token_expires_at;
        let mut sink = FileSink::new(&path);
        Sink::<()>::prepare(&mut sink).await.unwrap();
        sink.save(&rotated).await.unwrap();
        assert_eq!(
            fs::read_to_string(&path).unwrap(),
            format!(
                "{{\"access_token\":\"ghu_a\\\"b\"{},\"refresh_token\":\"ghr_a\"{}}}\n",
                times[0], times[1]
            )
        );
    }
}

#[tokio::test]
async fn nothing_but_a_draft_is_there_until_the_token_is() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("token.txt");
    fs::write(&path, "old").unwrap();
    let mut sink = FileSink::new(&path);
    Sink::<()>::prepare(&mut sink).await.unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    assert_eq!(names(folder.path()).len(), 2);
    drop(sink);
    assert_eq!(names(folder.path()), ["token.txt"]);
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_may_read_it() {
    use std::os::unix::fs::PermissionsExt;

    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("token.txt");
    // Whoever may read a file that is there already may read it afterwards.
    for (before, after) in [(None, 0o600), (Some(0o600), 0o600), (Some(0o644), 0o644)] {
        let _ = fs::remove_file(&path);
        if let Some(before) = before {
            fs::write(&path, "old").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(before)).unwrap();
        }
        let mut sink = FileSink::new(&path);
        Sink::<()>::prepare(&mut sink).await.unwrap();
        for name in names(folder.path())
            .iter()
            .filter(|name| *name != "token.txt")
        {
            assert_eq!(mode(&folder.path().join(name)), 0o600);
        }
        sink.save(&new("new")).await.unwrap();
        assert_eq!(mode(&path), after);
    }
}

#[tokio::test]
async fn a_place_that_cannot_be_written_is_found_before() {
    let folder = TempDir::new().unwrap();
    let missing = folder.path().join("none/token.txt");
    assert!(refusal(&missing).await.contains("cannot write"));
    assert!(refusal(folder.path()).await.contains("not a regular file"));
    assert!(
        refusal(Path::new(""))
            .await
            .contains("not the name of a file")
    );
    assert!(
        refusal(Path::new(".."))
            .await
            .contains("not a regular file")
    );
    let long = folder.path().join("x".repeat(300));
    assert!(refusal(&long).await.contains("cannot write"));
    assert!(names(folder.path()).is_empty());
}

#[tokio::test]
async fn a_second_attempt_does_not_need_the_draft_of_the_first() {
    let folder = TempDir::new().unwrap();
    let place = folder.path().join("place");
    fs::create_dir(&place).unwrap();
    let path = place.join("token.txt");
    let mut sink = FileSink::new(&path);
    Sink::<()>::prepare(&mut sink).await.unwrap();
    fs::remove_dir_all(&place).unwrap();
    assert!(sink.save(&new("new")).await.is_err());
    assert!(sink.save(&new("new")).await.is_err());
    fs::create_dir(&place).unwrap();
    sink.save(&new("new")).await.unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "new\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_reader_beside_many_writers_finds_whole_tokens() {
    const WRITERS: usize = 8;
    const SAVES: usize = 25;

    let folder = TempDir::new().unwrap();
    let path = folder.path().join("token.txt");
    let token = |writer: usize, round: usize| format!("{writer}-{round}-").repeat(100);
    save(&path, &token(0, 0)).await;

    let done = Arc::new(AtomicBool::new(false));
    let reader = std::thread::spawn({
        let (path, done) = (path.clone(), Arc::clone(&done));
        move || {
            let mut reads = 0;
            while !done.load(Ordering::SeqCst) {
                let text = fs::read_to_string(&path).unwrap();
                let line = text.strip_suffix('\n').unwrap();
                let part: Vec<&str> = line.splitn(3, '-').collect();
                assert_eq!(line, format!("{}-{}-", part[0], part[1]).repeat(100));
                reads += 1;
            }
            reads
        }
    });
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let path = path.clone();
            tokio::spawn(async move {
                for round in 0..SAVES {
                    save(&path, &token(writer, round)).await;
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    done.store(true, Ordering::SeqCst);
    assert!(reader.join().unwrap() > 0);
    assert_eq!(names(folder.path()), ["token.txt"]);
}

#[tokio::test]
async fn a_function_gets_the_whole_result() {
    let seen = MemorySink::new();
    let memory = seen.clone();
    let mut sink = from_fn(move |new: Rotated<()>| {
        let mut memory = memory.clone();
        async move { memory.save(&new).await }
    });
    sink.prepare().await.unwrap();
    sink.save(&new("new")).await.unwrap();
    assert_eq!(seen.tokens(), [Secret::new("new")]);
}
