//! Shows findings with a line of the text, in the way of rustc.

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

use crate::fold::Group as Findings;
use crate::report::{Severity, printable, printable_char, shortened};
use crate::source::{Source, boundary};
use crate::tree::Span;

/// What is shown of a long line: so many bytes before the place, and so many after its beginning.
const BEFORE: usize = 50;
const AFTER: usize = 90;

pub(crate) fn render(source: &Source, findings: &Findings<'_>, colour: bool) -> String {
    let finding = findings.first;
    let renderer = match colour {
        true => Renderer::styled(),
        false => Renderer::plain(),
    };
    let level = match finding.severity() {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(finding.message()).id(finding.code());
    let primary = line(source, finding.span(), AnnotationKind::Primary);
    let annotation = primary.annotation.label(finding.label());
    let snippet = primary.snippet.annotation(annotation);
    let mut group = Group::with_title(title).element(snippet);
    if let Some((span, label)) = finding.other_place() {
        let other = line(source, span, AnnotationKind::Context);
        let snippet = other.snippet.annotation(other.annotation.label(label));
        group = group.element(snippet);
    }
    let pointer = shortened(&printable(finding.pointer()), 300);
    let pointer = (!pointer.is_empty()).then(|| format!("at {pointer}"));
    let (alike, notes) = findings.others();
    let places: Vec<_> = pointer.into_iter().chain(alike).collect();
    if !places.is_empty() {
        group = group.element(Level::NOTE.message(places.join(", and ")));
    }
    if let Some(help) = finding.help() {
        group = group.element(Level::HELP.message(help));
    }
    for note in notes {
        group = group.element(Level::NOTE.message(note));
    }
    let shown = renderer.render(&[group]);
    // In the part of a long line that is shown, the column is another one.
    let name = printable(finding.file());
    let place = |column| format!("{name}:{}:{column}", finding.line());
    shown.replacen(&place(primary.column), &place(finding.column()), 1)
}

struct Line {
    snippet: Snippet<'static, Annotation<'static>>,
    annotation: Annotation<'static>,
    /// The column of the place in what is shown.
    column: usize,
}

/// The first line of a place, or a part of it.
fn line(source: &Source, span: Span, kind: AnnotationKind) -> Line {
    let (begin, file) = source.file(span.start as usize);
    let text = &file.text;
    let start = span.start as usize - begin;
    let number = file.line_of(start);
    let line = file.line(number);
    let start = boundary(text, start.min(line.end));
    let end = (span.end as usize - begin).clamp(start, line.end);

    let from = boundary(text, line.start.max(start.saturating_sub(BEFORE)));
    let to = boundary(text, line.end.min(start + AFTER));
    let mut shown = String::new();
    let mut marked = (None, None);
    if from > line.start {
        shown.push('…');
    }
    for (offset, character) in text[from..to].char_indices() {
        let offset = from + offset;
        if offset >= start {
            marked.0.get_or_insert(shown.len());
        }
        if offset >= end {
            marked.1.get_or_insert(shown.len());
        }
        shown.push(printable_char(character));
    }
    let end = shown.len();
    let marked = marked.0.unwrap_or(end)..marked.1.unwrap_or(end);
    let column = shown[..marked.start].chars().count() + 1;
    if to < line.end {
        shown.push('…');
    }
    Line {
        snippet: Snippet::source(shown)
            .line_start(number + 1)
            .path(printable(&file.name)),
        annotation: kind.span(marked),
        column,
    }
}
