//! What is said about a request that no mock is for.

use httpmock::HttpMockRequest;

use crate::expectation::Expectation;

/// One message. Of the request it shows the method and the path; of a path that a mock knows, the
/// template and not the values, since values can be secret.
pub(crate) fn unexpected<'a>(
    request: &HttpMockRequest,
    expectations: impl Iterator<Item = &'a Expectation>,
) -> String {
    let mut known = Vec::new();
    let mut nearest: Option<(&Expectation, Vec<String>)> = None;
    for expectation in expectations {
        known.push(name(expectation));
        if let Some(parts) = expectation.mismatches(request)
            && nearest
                .as_ref()
                .is_none_or(|(_, least)| parts.len() < least.len())
        {
            nearest = Some((expectation, parts));
        }
    }
    match nearest {
        Some((expectation, parts)) if parts.is_empty() => format!(
            "unexpected request: it fits the mock of {}, which was called as often as it may be, \
             or has a condition in httpmock's words",
            name(expectation)
        ),
        Some((expectation, parts)) => format!(
            "unexpected request: not as the mock of {} wants it: {}",
            name(expectation),
            parts.join(", ")
        ),
        None => format!(
            "unexpected request: no mock is for {} {}; there are mocks for {}",
            request.method_str(),
            request.uri().path(),
            if known.is_empty() {
                "nothing".into()
            } else {
                known.join(", ")
            }
        ),
    }
}

fn name(expectation: &Expectation) -> String {
    let operation = expectation.operation;
    format!(
        "`{}` ({} {})",
        operation.id, operation.method, operation.path
    )
}
